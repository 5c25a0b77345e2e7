import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Mailbox } from './bus.ts';
import type { Cancellable } from './cancellable.ts';
import type { SeatPlan } from './setting.ts';
import type { Workspace } from './workspace.ts';

/**
 * Something that the seats of a trial share, such as messages or a git remote. A channel brings commands that exist in
 * every seat's sandbox and that the host answers. Core makes one channel for a run.
 */
export interface Channel extends Partial<AsyncDisposable> {
  /** Executables that every seat's sandbox has on PATH while the channel is open. Two channels cannot share a name. */
  readonly commands: readonly SeatCommand[];
  /** Keys that `TrialChannel.metrics` may have. Two channels cannot share a key. */
  readonly metricNames?: readonly string[];
  /** Called once before anything runs: resolves with notices for the user. @throws ConfigError when it cannot work. */
  preflight?(request: Cancellable): Promise<readonly string[]>;
  /** Called once for each trial, before any sandbox exists. */
  open(trial: ChannelTrial): Promise<TrialChannel>;
}

export interface SeatCommand {
  /** What an agent types. */
  readonly name: string;
  /** One line, such as `send_message PEER|all TEXT`: the answer to `--help`. */
  readonly usage: string;
  /** Not on PATH: for programs that get its path from `join`, such as a git remote helper. */
  readonly hidden?: true;
}

/** The trial that a channel opens for. */
export interface ChannelTrial {
  /** `<setting>/<repo>/<task_id>/f1_f2`. */
  readonly id: string;
  readonly seats: readonly SeatPlan[];
  /** A path on the host for this channel in this trial. Nothing is there yet; core removes it after the trial. */
  readonly directory: string;
  /** Opens a seat's mailbox on the run's bus. Only channels whose definition has `usesBus` may call it. */
  mailbox(seat: string): Promise<Mailbox>;
  /** Core adds the trial and the time. */
  emit(event: ChannelEvent): void;
}

/** A channel in one trial. Disposing it ends what it still does; core calls it after every seat has left. */
export interface TrialChannel extends AsyncDisposable {
  /** Answers a command that was called in a seat's sandbox. What it throws is the command's failure. */
  run(call: SeatCall): Promise<SeatAnswer>;
  /** Tells the agent on a seat how to use the channel, in Markdown. */
  instructions(seat: SeatPlan): string;
  /** Prepares a seat's sandbox, in which the commands exist already. */
  join?(seat: string, sandbox: JoinedSandbox): Promise<void>;
  /** What the agent on a seat is shown before its next step. */
  inbox?(seat: string): Inbox;
  /**
   * The seat has finished: it sends and reads no more. Rejects when the channel has failed the seat, for example by losing
   * a message. The seat's status is then `Error`.
   */
  leave?(seat: string): Promise<void>;
  /** Values for the top level of result.json, after the last seat has left. Keys that core writes win. */
  metrics?(): Readonly<Record<string, unknown>>;
}

export interface JoinedSandbox extends Cancellable {
  readonly workspace: Workspace;
  /** The absolute path of a command in this sandbox. */
  executable(command: string): string;
}

/** A call of one command. The host knows the seat; a program in the sandbox cannot call in another's name. */
export interface SeatCall {
  readonly seat: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Aborts when the caller has gone or the seat has finished. */
  readonly signal: AbortSignal;
  /**
   * Reads the command's standard input to its end, at most 256 KiB. Where it is not called, the standard input is left
   * alone: a command in a `while read` loop must not eat the loop's input.
   */
  stdin(): Promise<Uint8Array>;
  /**
   * Connects to the command's standard input and output until `run` ends. It costs one exec, once a call. There is no
   * half-close, so the protocol must end itself.
   */
  stream(): Promise<SeatStream>;
}

export interface SeatStream {
  /** What the command reads from its standard input. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the command writes to its standard output. */
  readonly writable: WritableStream<Uint8Array>;
}

/** What a command prints and how it exits. At most 256 KiB in all. Absent: 0 and nothing. */
export interface SeatAnswer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Called once: whether the caller printed the answer. What it did not print can be given again. */
  settled?(printed: boolean): void;
}

/** One note that an agent is shown, ready to read. */
export interface Note {
  readonly text: string;
}

export interface Inbox {
  /** Takes what has come, oldest first. `waitMs`: waits that long for a first note. Empty: none came. */
  take(options?: { readonly waitMs?: number } & Cancellable): Promise<readonly Note[]>;
  /** Takes notes back that could not be shown. They count as not delivered, and `take` gives them again. */
  giveBack(notes: readonly Note[]): void;
}

/** What happens on a channel, for events.jsonl and those who watch. */
export type ChannelEvent =
  | {
      readonly type: 'message';
      /** Unique in the trial. */
      readonly id: string;
      readonly from: string;
      /** A seat, or `all`. */
      readonly to: string;
      readonly text: string;
      /** Somebody accepted it. */
      readonly accepted: boolean;
      /** Seats that accepted it. */
      readonly accepted_by: readonly string[];
    }
  | { readonly type: 'message_delivered'; readonly id: string; readonly seat: string }
  /** A delivered message could not be shown and waits again. */
  | { readonly type: 'message_returned'; readonly id: string; readonly seat: string }
  | {
      readonly type: 'git';
      readonly seat: string;
      readonly service: 'fetch' | 'push';
      readonly exit_code: number;
    }
  /** Anything else that a seat did on a channel, in one line. */
  | { readonly type: 'activity'; readonly seat: string; readonly channel: string; readonly text: string };
