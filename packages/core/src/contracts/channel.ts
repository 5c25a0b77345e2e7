import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Mailbox } from './bus.ts';
import type { Cancellable } from './cancellable.ts';
import type { MetricDefinitions, MetricValue } from './metric.ts';
import type { SeatPlan } from './setting.ts';
import type { Workspace } from './workspace.ts';

/**
 * Something that the seats of a trial share, such as messages or a git remote. A channel adds commands to every seat's
 * sandbox, and the host answers them. Core creates each channel once per run.
 */
export interface Channel extends Partial<AsyncDisposable> {
  /** Executables that every seat's sandbox has on PATH while the channel is open. Two channels cannot share a name. */
  readonly commands: readonly SeatCommand[];
  /** The metrics that `OpenChannel.metrics` may have. Two channels cannot share a name. Defaults to none. */
  readonly metrics?: MetricDefinitions;
  /**
   * Checks the channel once before the run starts. Changes nothing. Resolves with notices for the user.
   * @throws ConfigError when it cannot be used.
   */
  preflight?(request: Cancellable): Promise<readonly string[]>;
  /** Opens the channel for a trial, before any sandbox exists. */
  open(trial: ChannelContext): Promise<OpenChannel>;
}

/** A command that a channel puts into every sandbox. */
export interface SeatCommand {
  /** The name that an agent types. */
  readonly name: string;
  /** One line that answers `--help`, such as `send_message PEER|all TEXT`. */
  readonly usage: string;
  /** The command is not on PATH. It is for programs that get its path from `join`, such as a git remote helper. */
  readonly hidden?: true;
  /**
   * The command is an MCP server on its standard streams. Agents whose framework takes MCP servers register it under its name.
   */
  readonly isMcpServer?: true;
}

/** The trial that a channel opens for. */
export interface ChannelContext {
  /** `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for the pair's second repetition. */
  readonly id: string;
  readonly seats: readonly SeatPlan[];
  /** A path on the host for this channel in this trial. It does not exist yet. Core removes it after the trial. */
  readonly directory: string;
  /** Opens a seat's mailbox on the run's bus. Only channels whose definition has `usesBus` may call it. */
  mailbox(seat: string): Promise<Mailbox>;
  /** All open channels of the trial, for one that offers them in another way. Use it in calls, not while channels open. */
  readonly channels: AllChannels;
  /** Emits an event. Core adds the trial and the time. */
  emit(event: ChannelEvent): void;
}

/** All open channels of a trial together, for a channel that offers what the others have, such as `mcp`. */
export interface AllChannels {
  /** Their commands. */
  commands(): readonly SeatCommand[];
  /** Runs a command as if it had been called in the sandbox of the seat, with the same limits. @throws an error for the caller. */
  run(call: SeatCall): Promise<SeatAnswer>;
  /** Returns the notes for a seat. What it waits for is not shown to its agent in another way. Returns undefined if no channel has notes. */
  inbox(seat: string): Promise<Inbox | undefined>;
}

/** A channel in one trial. Core disposes of it after every seat has left and the trial's results are on disk. */
export interface OpenChannel extends AsyncDisposable {
  /**
   * Answers a command that a seat called. When it throws, the command prints the error's message and exits with 1. Agents do not
   * see errors of the host's system, or those that name the channel's directory.
   */
  run(call: SeatCall): Promise<SeatAnswer>;
  /** Explains to the agent of a seat how to use the channel, in Markdown. */
  instructions(seat: SeatPlan): string;
  /** Prepares a seat's sandbox. The commands exist already. In a setting with phases, a seat has a sandbox in each phase. */
  join?(seat: string, sandbox: JoinedSandbox): Promise<void>;
  /** The notes that the agent of a seat sees before its next step. */
  inbox?(seat: string): Inbox;
  /**
   * Called when a seat has finished, after its last phase. It no longer sends or reads. Rejects when the channel failed the seat, for example by
   * losing a message. The seat's status is then `Error`.
   */
  leave?(seat: string): Promise<void>;
  /**
   * Values of the metrics that the channel declares, for the top level of result.json, read after the last seat has left. They
   * cannot replace keys of core. It is null if there was nothing to measure. An object has a value for each seat, and is no
   * column of reports. When it fails, the trial has none.
   */
  metrics?(): Readonly<Record<string, MetricValue | null | Readonly<Record<string, MetricValue>>>>;
}

/** A seat's sandbox, as a channel prepares it. */
export interface JoinedSandbox extends Cancellable {
  readonly workspace: Workspace;
  /** Returns the absolute path of a command in this sandbox. */
  executable(command: string): string;
}

/** A call of a command. The host determines the seat, so a program in a sandbox cannot call as another seat. */
export interface SeatCall {
  readonly seat: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Aborts when the caller exits or the seat finishes. */
  readonly signal: AbortSignal;
  /**
   * Reads the command's standard input to its end, at most 256 KiB. Call it only when the command needs input: a command
   * in a `while read` loop must not consume the loop's input.
   */
  stdin(): Promise<Uint8Array>;
  /**
   * Connects to the command's standard input and output until `run` settles. `readable` ends when the command's standard
   * input does, and closing `writable` ends its standard output. Costs one exec; use it once per call. Rejects when eight
   * streams of the seat are open.
   */
  stream(): Promise<SeatStream>;
}

/** Both ends of a command that stays connected. There is no half-close: protocols must end themselves. */
export interface SeatStream {
  /** The bytes of the command's standard input. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Becomes the command's standard output. */
  readonly writable: WritableStream<Uint8Array>;
}

/** What a command prints, at most 256 KiB in total, and its exit code. The defaults are no output and exit code 0. */
export interface SeatAnswer {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Called once, with whether the caller printed the answer. What it did not print can be delivered again. When it throws, the seat's status is `Error`. */
  settled?(printed: boolean): void;
}

/** A note for an agent, ready to show. */
export interface Note {
  readonly text: string;
}

/** `waitMs`: milliseconds to wait for a first note; absent: none. `maxBytes`: UTF-8 bytes that can be shown now. */
export interface InboxOptions extends Cancellable {
  readonly waitMs?: number;
  readonly maxBytes?: number;
}

/** Notes that wait for a seat. */
export interface Inbox {
  /**
   * Removes and returns waiting notes, oldest first. With `waitMs`, waits that long for a first note. An agent gets at most
   * 16 KiB at once, and the rest at its next call: core cuts what is longer. `maxBytes`, which core passes to a channel, says how
   * much it can show now. A channel may return more, which core gives back.
   */
  take(options?: InboxOptions): Promise<readonly Note[]>;
  /** Puts back notes that could not be shown. They count as not delivered, and the next `take` returns them. */
  giveBack(notes: readonly Note[]): void;
}

/** A branch of the shared repository, and the commits between which it moved. */
export interface MovedRef {
  /** For example, `refs/heads/agent1`. */
  readonly name: string;
  /** It is null if the branch is new. In a fetch: the seat had not fetched it before. */
  readonly from: string | null;
  /** It is null if the branch is gone. */
  readonly to: string | null;
}

/** An event on a channel, for events.jsonl and live views. */
export type ChannelEvent =
  | {
      readonly type: 'message';
      /** Unique in the trial. */
      readonly id: string;
      readonly from: string;
      /** A seat, or `all`. */
      readonly to: string;
      readonly text: string;
      /** At least one seat accepted it. */
      readonly accepted: boolean;
      /** Seats that accepted it. */
      readonly accepted_by: readonly string[];
    }
  | { readonly type: 'message_delivered'; readonly id: string; readonly seat: string }
  /** A delivered message could not be shown and is waiting again. */
  | { readonly type: 'message_returned'; readonly id: string; readonly seat: string }
  /** A fault that the user asked for: the seat does not get the message, or gets it twice. */
  | { readonly type: 'message_dropped' | 'message_duplicated'; readonly id: string; readonly seat: string }
  | {
      readonly type: 'git';
      readonly seat: string;
      readonly service: 'fetch' | 'push';
      readonly exit_code: number;
      /**
       * Push: the seat's own branches that moved. Fetch: branches of other seats that moved since the seat last fetched. At
       * most 20. It is null if the repository could not be read.
       */
      readonly refs: readonly MovedRef[] | null;
    }
  /** Anything else that a seat did on a channel, in one line. */
  | { readonly type: 'activity'; readonly seat: string; readonly channel: string; readonly text: string };
