// This file has more than 250 lines, because it is one class, through which every call into a channel goes.
import type { Mailbox } from '../contracts/bus.ts';
import type {
  AllChannels,
  Channel,
  ChannelEvent,
  Inbox,
  JoinedSandbox,
  Note,
  OpenChannel,
  SeatAnswer,
  SeatCall,
  SeatCommand,
} from '../contracts/channel.ts';
import { getMessage, PluginError, SeatLimitError } from '../contracts/errors.ts';
import type { SeatPlan } from '../contracts/setting.ts';
import { callPlugin } from '../plugins/call-plugin.ts';
import { requireMembers, requireText } from '../plugins/plugin-fault.ts';
import type { TimeLimits } from '../plugins/time-limits.ts';
import { createBoundedInbox } from './bounded-inbox.ts';
import { runWithLimits } from './call-limits.ts';
import { pickDeclared, toObject, validateAnswer, validateEvent, validateNotes } from './channel-values.ts';
import { createMergedInbox } from './merged-inbox.ts';
import { createSharedInbox, type SharedInbox } from './shared-inbox.ts';

/** A channel of a run. Error messages about it begin with `title`. */
export interface NamedChannel {
  readonly name: string;
  readonly title: string;
  readonly channel: Channel;
  /** Same as in its definition. */
  readonly carriesMessages?: boolean | undefined;
  readonly sharesCommits?: boolean | undefined;
}

export type RunCommand = (call: SeatCall) => Promise<SeatAnswer>;

/** The parts of a trial that its channels use. */
export interface TrialServices {
  readonly id: string;
  readonly seats: readonly SeatPlan[];
  /** Returns a path on the host that is removed with the trial. */
  scratch(name: string): string;
  mailbox(seat: string): Promise<Mailbox>;
  emit(event: ChannelEvent): void;
  /** Ends a seat that passed a limit. */
  exceed(seat: string, error: SeatLimitError): void;
  /** Tells the user about a fault of a channel that costs the trial nothing. */
  warn(text: string): void;
  readonly limits: TimeLimits;
  readonly signal: AbortSignal;
  /** Aborts some time after `signal`. Then, nothing waits for what ends. */
  readonly closing: AbortSignal;
}

interface NamedOpenChannel {
  readonly named: NamedChannel;
  readonly trial: OpenChannel;
}

/**
 * All channels of one trial. A fault of a channel fails the seats that need it. A fault in what only ends or describes a channel
 * is a warning, because the seats' work is done and paid by then.
 */
export class TrialChannels implements AsyncDisposable {
  readonly #host: TrialServices;
  readonly #opened: NamedOpenChannel[] = [];
  readonly #inboxes = new Map<string, Promise<SharedInbox | undefined>>();
  /** Calls that tell a channel what a seat has seen. */
  readonly #telling = new Set<Promise<void>>();
  /** By seat, the first of these calls that failed. */
  readonly #lost = new Map<string, unknown>();
  #over = false;

  constructor(host: TrialServices) {
    this.#host = host;
  }

  /** Opens each channel. `signal` ends the wait. @throws PluginError that names the plugin. */
  async open(channels: readonly NamedChannel[], signal: AbortSignal): Promise<void> {
    const { id, seats, mailbox, scratch } = this.#host;
    const allChannels: AllChannels = {
      commands: () => this.commands,
      run: (call) => this.#runForChannel(call),
      inbox: async (seat) => (await this.#findInbox(seat))?.first,
    };
    for (const named of channels) {
      const emit = (event: ChannelEvent): void => this.#emit(named, event);
      const open = async (): Promise<OpenChannel> =>
        requireMembers(
          await named.channel.open({
            ...{ id, seats, mailbox, emit, channels: allChannels },
            directory: scratch(`${named.name}.channel`),
          }),
          { run: 'function', instructions: 'function', [Symbol.asyncDispose]: 'function' },
          'open',
        );
      const discard = (channel: OpenChannel): PromiseLike<void> => channel[Symbol.asyncDispose]();
      const trial = await callPlugin(`${named.title} could not be opened`, open, { signal, discard });
      this.#opened.push({ named, trial });
    }
  }

  get commands(): readonly SeatCommand[] {
    return this.#opened.flatMap(({ named }) => named.channel.commands);
  }

  /** Answers a call. @throws an error for the caller. It says nothing about the host, because an agent reads it. */
  readonly run: RunCommand = async (call) => {
    const owner = this.#opened.find(({ named }) =>
      named.channel.commands.some(({ name }) => name === call.command),
    );
    if (!owner) throw new Error(`no channel has the command ${call.command}`);
    const { named, trial } = owner;
    try {
      const runCommand = async (): Promise<SeatAnswer> => validateAnswer(await trial.run(call));
      const { settled, ...said } = await callPlugin(`${named.title} failed in run`, runCommand, {
        signal: call.signal,
      });
      if (!settled) return said;
      return {
        ...said,
        settled: (printed) => this.#callChannel(named, call.seat, 'settled', () => settled(printed)),
      };
    } catch (error) {
      if (SeatLimitError.is(error)) this.#host.exceed(call.seat, error);
      if (call.signal.aborted || SeatLimitError.is(error)) throw error;
      const reason = error instanceof PluginError && error.cause !== undefined ? error.cause : error;
      const isOfHost = namesHost(reason, this.#host.scratch(''));
      if (isOfHost || reason instanceof TypeError) this.#host.warn(getMessage(error));
      throw isOfHost ? new Error('the channel failed; the error is in the log of the run') : reason;
    }
  };

  #runForChannel(call: SeatCall): Promise<SeatAnswer> {
    const command = this.commands.find(({ name }) => name === call.command);
    return command ? runWithLimits(command, call, this.run) : this.run(call);
  }

  /** Returns the instructions of each channel for a seat. @throws PluginError. */
  instructions(seat: SeatPlan): Promise<{ readonly name: string; readonly instructions: string }[]> {
    return Promise.all(
      this.#opened.map(async ({ named, trial }) => ({
        name: named.name,
        instructions: await callPlugin(`${named.title} failed in instructions`, () =>
          requireText(trial.instructions(seat), 'instructions'),
        ),
      })),
    );
  }

  /** Returns the merged and bounded inbox of a seat, the same at every call. @throws PluginError. */
  async inbox(seat: string): Promise<Inbox | undefined> {
    return (await this.#findInbox(seat))?.agent;
  }

  #findInbox(seat: string): Promise<SharedInbox | undefined> {
    const inbox = this.#inboxes.get(seat) ?? this.#openInbox(seat);
    this.#inboxes.set(seat, inbox);
    return inbox;
  }

  async #openInbox(seat: string): Promise<SharedInbox | undefined> {
    const inboxes: Inbox[] = [];
    for (const { named, trial } of this.#opened) {
      if (!trial.inbox) continue;
      const open = (): Inbox | undefined => trial.inbox?.(seat);
      const members = { take: 'function', giveBack: 'function' } as const;
      const inbox = await callPlugin(`${named.title} failed in inbox`, () =>
        requireMembers(open() as Inbox, members, 'inbox'),
      );
      inboxes.push(this.#guardInbox(named, seat, inbox));
    }
    const merged = createMergedInbox(inboxes);
    return merged && createSharedInbox(createBoundedInbox(merged));
  }

  async join(seat: string, sandbox: JoinedSandbox): Promise<void> {
    for (const { named, trial } of this.#opened)
      await callPlugin(
        `${named.title} failed in join`,
        (signal) => trial.join?.(seat, { ...sandbox, signal }),
        {
          signal: sandbox.signal,
        },
      );
  }

  /** Rejects when a channel failed the seat, after the seat has left all of them. */
  async leave(seat: string): Promise<void> {
    const leaving = this.#opened.map(({ named, trial }) =>
      callPlugin(`${named.title} failed in leave`, () => trial.leave?.(seat), this.#closingBounds),
    );
    const outcomes = await Promise.allSettled([...leaving, this.settle(seat)]);
    const failure = outcomes.find((end) => end.status === 'rejected');
    if (failure) throw failure.reason;
  }

  /** Rejects when a channel failed the seat so far. */
  async settle(seat: string): Promise<void> {
    await Promise.all(this.#telling);
    if (this.#lost.has(seat)) throw this.#lost.get(seat);
  }

  /** Values for result.json. Leaves out those of a channel that fails. */
  async metrics(): Promise<Readonly<Record<string, unknown>>> {
    const metrics: Record<string, unknown> = {};
    for (const { named, trial } of this.#opened) {
      if (!trial.metrics) continue;
      const declared = named.channel.metrics ?? {};
      const readMetrics = async (): Promise<object> =>
        pickDeclared(toObject(await trial.metrics?.()), declared);
      const failure = `${named.title} failed in metrics`;
      Object.assign(metrics, await callPlugin(failure, readMetrics, this.#closingBounds).catch(this.#warn));
    }
    return metrics;
  }

  /** Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await Promise.all(
      this.#opened.map(({ named, trial }) => {
        const dispose = async (): Promise<void> => trial[Symbol.asyncDispose]();
        return callPlugin(`${named.title} failed in dispose`, dispose, this.#closingBounds).catch(this.#warn);
      }),
    );
  }

  get #closingBounds(): { readonly limitMs: number; readonly signal: AbortSignal } {
    return { limitMs: this.#host.limits.close, signal: this.#host.closing };
  }

  readonly #warn = (error: unknown): undefined => void this.#host.warn(getMessage(error));

  #emit(named: NamedChannel, event: ChannelEvent): void {
    if (this.#over) return;
    try {
      this.#host.emit(validateEvent(event));
    } catch (error) {
      this.#host.warn(`${named.title} emitted an invalid event: ${getMessage(error)}`);
    }
  }

  #guardInbox(named: NamedChannel, seat: string, inbox: Inbox): Inbox {
    const { limits, signal: stop } = this.#host;
    const giveBack = (notes: readonly Note[]): void =>
      this.#callChannel(named, seat, 'giveBack', () => inbox.giveBack(notes));
    return {
      giveBack,
      take: (options) =>
        callPlugin(`${named.title} failed in take`, async () => validateNotes(await inbox.take(options)), {
          limitMs: limits.call + (options?.waitMs ?? 0),
          signal: options?.signal ?? stop,
          discard: giveBack,
        }),
    };
  }

  /** Tells a channel whether a seat has seen something. A channel that fails here may lose a message, so it fails the seat. */
  #callChannel(named: NamedChannel, seat: string, method: string, call: () => void): void {
    const telling = callPlugin(`${named.title} failed in ${method}`, call, this.#closingBounds)
      .catch((error: unknown) => {
        if (!this.#lost.has(seat)) this.#lost.set(seat, error);
      })
      .finally(() => this.#telling.delete(telling));
    this.#telling.add(telling);
  }
}

/** Returns whether an error comes from the host's system or names the channel's directory. */
function namesHost(error: unknown, directory: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return 'syscall' in error || 'cmd' in error || getMessage(error).includes(directory);
}
