import type { Mailbox } from '../contracts/bus.ts';
import type {
  Channel,
  ChannelEvent,
  Inbox,
  JoinedSandbox,
  SeatAnswer,
  SeatCall,
  SeatCommand,
  TrialChannel,
} from '../contracts/channel.ts';
import { PluginError } from '../contracts/errors.ts';
import type { SeatPlan } from '../contracts/setting.ts';
import { asPluginFault, requireMembers } from '../plugins/plugin-fault.ts';
import { mergedInbox } from './merged-inbox.ts';

/** A channel of a run. Error messages about it begin with `title`. */
export interface NamedChannel {
  readonly name: string;
  readonly title: string;
  readonly channel: Channel;
}

export type RunCommand = (call: SeatCall) => Promise<SeatAnswer>;

/** The parts of a trial that its channels use. */
export interface ChannelHost {
  readonly id: string;
  readonly seats: readonly SeatPlan[];
  /** A path on the host that is removed with the trial. */
  scratch(name: string): string;
  mailbox(seat: string): Promise<Mailbox>;
  emit(event: ChannelEvent): void;
}

/** All channels of one trial. */
export class TrialChannels implements AsyncDisposable {
  readonly #opened: { readonly named: NamedChannel; readonly trial: TrialChannel }[] = [];

  /** Opens each channel. When a channel throws something unexpected, rejects with an error that names its plugin. */
  static async open(channels: readonly NamedChannel[], host: ChannelHost): Promise<TrialChannels> {
    const opened = new TrialChannels();
    try {
      for (const named of channels) {
        const trial = await asPluginFault(`${named.title} could not be opened`, async () =>
          requireMembers(
            await named.channel.open({ ...host, directory: host.scratch(`${named.name}.channel`) }),
            { run: 'function', instructions: 'function', [Symbol.asyncDispose]: 'function' },
            'open',
          ),
        );
        opened.#opened.push({ named, trial });
      }
      return opened;
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  }

  get commands(): readonly SeatCommand[] {
    return this.#opened.flatMap(({ named }) => named.channel.commands);
  }

  readonly run: RunCommand = async (call) => {
    const owner = this.#opened.find(({ named }) =>
      named.channel.commands.some(({ name }) => name === call.command),
    );
    if (!owner) throw new Error(`no channel has the command ${call.command}`);
    return owner.trial.run(call);
  };

  instructions(seat: SeatPlan): { readonly name: string; readonly instructions: string }[] {
    return this.#opened.map(({ named, trial }) => ({
      name: named.name,
      instructions: trial.instructions(seat),
    }));
  }

  inbox(seat: string): Inbox | undefined {
    return mergedInbox(this.#opened.flatMap(({ trial }) => trial.inbox?.(seat) ?? []));
  }

  async join(seat: string, sandbox: JoinedSandbox): Promise<void> {
    for (const { trial } of this.#opened) await trial.join?.(seat, sandbox);
  }

  async leave(seat: string): Promise<void> {
    await Promise.all(this.#opened.map(({ trial }) => trial.leave?.(seat)));
  }

  metrics(): Readonly<Record<string, unknown>> {
    return Object.assign({}, ...this.#opened.map(({ trial }) => trial.metrics?.() ?? {})) as object as Record<
      string,
      unknown
    >;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map(({ trial }) => trial[Symbol.asyncDispose]()));
  }
}

/** @throws PluginError `CHANNEL_CLASH` when two channels provide one command or one metric. */
export function refuseSharedNames(channels: readonly NamedChannel[]): void {
  const owners = new Map<string, NamedChannel>();
  for (const named of channels) {
    const { commands, metricNames = [] } = named.channel;
    const names = [
      ...commands.map(({ name }) => `command "${name}"`),
      ...metricNames.map((name) => `metric "${name}"`),
    ];
    for (const name of names) {
      const owner = owners.get(name);
      if (owner)
        throw new PluginError(
          'CHANNEL_CLASH',
          `The channels "${owner.name}" and "${named.name}" both provide the ${name}.`,
          { hint: 'Leave one of them out of --channels.' },
        );
      owners.set(name, named);
    }
  }
}
