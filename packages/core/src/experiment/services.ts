import { channelFault } from '../collaboration/channel-fault.ts';
import { type NamedChannel, refuseSharedNames } from '../collaboration/trial-channels.ts';
import type { ModelAccess } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type { MergePolicy } from '../contracts/merge-policy.ts';
import { asPluginFault, faultOf, type RequiredMembers, requireMembers } from '../plugins/plugin-fault.ts';
import type { Kind, Made, Registry } from '../plugins/registry.ts';
import type { EvaluationFile } from '../records/evaluation-file.ts';
import type { EventStream } from '../records/event-stream.ts';
import { maskSecrets } from '../records/mask-secrets.ts';
import type { SeatAssignment } from '../trial/trial.ts';
import { layersOf } from './agent-layers.ts';
import { imageEvents, reportingImages } from './image-events.ts';
import { type EvaluateOptions, type RunOptions, runDefaults } from './options.ts';

/** The options that services are created from. */
export type ServiceOptions = Pick<
  RunOptions,
  | 'agentOptions'
  | 'backendOptions'
  | 'busOptions'
  | 'channelOptions'
  | 'evaluatorOptions'
  | 'unisolated'
  | 'signal'
>;

/** An agent for one model. */
export interface AgentService
  extends Pick<SeatAssignment, 'agent' | 'untrusted' | 'readsDataset' | 'layers'> {
  readonly priceKnown: boolean;
}

/** The evaluator of a run and its merge policy. */
export interface EvaluatorService {
  readonly evaluator: Evaluator;
  readonly policy: { readonly name: string } & MergePolicy;
  /** The evaluator's name and options for eval.json. Secrets are masked. */
  readonly record: EvaluationFile['evaluator'];
  /** Begins error messages about the evaluator. */
  readonly title: string;
}

const mailboxMembers: RequiredMembers = {
  send: 'function',
  drain: 'function',
  receive: 'function',
  [Symbol.asyncDispose]: 'function',
};

/**
 * The agents, backends, channels, bus and evaluator of a run. Creates and checks each one once, on first use, and disposes
 * them together. Methods throw ConfigError for mistakes that the user can correct, and PluginError for faults that only the
 * plugin's author can correct.
 */
export class Services implements AsyncDisposable {
  readonly #registry: Registry;
  readonly #options: ServiceOptions;
  readonly #events: EventStream;
  readonly #ownBus: MessageBus | undefined;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #checked = new Map<string, Promise<void>>();
  readonly #disposables: Partial<AsyncDisposable>[] = [];

  /** `bus` replaces the bus that the options name. Its owner disposes it. */
  constructor(registry: Registry, options: ServiceOptions, events: EventStream, bus?: MessageBus) {
    this.#registry = registry;
    this.#options = options;
    this.#events = events;
    this.#ownBus = bus;
  }

  async agent(name: string, access: ModelAccess): Promise<AgentService> {
    const { agentOptions, signal } = this.#options;
    const options = agentOptions?.[name];
    const agent = await this.#make('agents', name, options);
    await this.#preflight('agents', name, 'info', JSON.stringify(access), () =>
      agent.preflight?.({ ...access, signal }),
    );
    const definition = this.#registry.get('agents', name);
    const ask = <T>(method: string, work: () => T | Promise<T>): Promise<T> =>
      asPluginFault(`${this.#registry.title('agents', name)} failed in ${method}`, work, signal);
    return {
      agent,
      untrusted: (await ask('untrusted', () => definition.untrusted?.(access.model))) ?? true,
      priceKnown: (await ask('knowsPrice', () => agent.knowsPrice?.(access))) ?? true,
      readsDataset: definition.readsDataset === true && this.#registry.isBuiltin('agents', name),
      layers: await layersOf(this.#registry, name, options),
    };
  }

  /** `untrusted`: a model's commands or code will run in the sandboxes. The backend's image progress becomes events. */
  async backend(name: string, untrusted: boolean): Promise<Backend> {
    const backend = await this.#make('backends', name, this.#backendOptions(name));
    const { signal } = this.#options;
    await this.#preflight('backends', name, 'warning', String(untrusted), () =>
      backend.preflight?.({ untrusted, signal }),
    );
    return reportingImages(backend, imageEvents(this.#events.emit, signal));
  }

  async bus(name: string): Promise<Pick<MessageBus, 'open'>> {
    if (this.#ownBus) return this.#ownBus;
    const { busOptions, signal } = this.#options;
    const bus = await this.#make('buses', name, busOptions?.[name]);
    await this.#preflight('buses', name, 'warning', '', () => bus.preflight?.({ signal }));
    const title = `${this.#registry.title('buses', name)} could not open a mailbox`;
    return {
      open: (trial, seat) =>
        asPluginFault(title, async () => requireMembers(await bus.open(trial, seat), mailboxMembers, 'open')),
    };
  }

  async channels(names: readonly string[]): Promise<readonly NamedChannel[]> {
    const channels: NamedChannel[] = [];
    const { signal } = this.#options;
    for (const name of names) {
      const channel = await this.#make('channels', name, this.#options.channelOptions?.[name]);
      const title = this.#registry.title('channels', name);
      const why = channelFault(channel);
      if (why !== undefined) throw faultOf(`${title} cannot be used`, why);
      await this.#preflight('channels', name, 'warning', '', () => channel.preflight?.({ signal }));
      channels.push({ name, title, channel });
    }
    refuseSharedNames(channels);
    return channels;
  }

  async evaluator({
    evaluator: name = runDefaults.evaluator,
    mergePolicy = runDefaults.mergePolicy,
  }: Pick<EvaluateOptions, 'evaluator' | 'mergePolicy'>): Promise<EvaluatorService> {
    const { evaluatorOptions, signal } = this.#options;
    const options = evaluatorOptions?.[name];
    const evaluator = await this.#make('evaluators', name, options);
    await this.#preflight('evaluators', name, 'warning', '', () => evaluator.preflight?.({ signal }));
    return {
      evaluator,
      policy: { name: mergePolicy, ...(await this.#registry.make('mergePolicies', mergePolicy)) },
      record: { name, options: maskSecrets(options ?? {}) },
      title: this.#registry.title('evaluators', name),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#disposables.map((service) => service[Symbol.asyncDispose]?.()));
  }

  #make<K extends Exclude<Kind, 'settings' | 'mergePolicies'>>(
    kind: K,
    name: string,
    options: unknown,
  ): Promise<Made<K>> {
    const key = `${kind}/${name}`;
    const known = this.#made.get(key);
    if (known) return known as Promise<Made<K>>;
    const making = this.#registry.make(kind, name, options);
    this.#made.set(key, making);
    // Added before the preflight, so that a service whose preflight fails is disposed, too.
    making.then(
      (service) => this.#disposables.push(service as Partial<AsyncDisposable>),
      () => {},
    );
    return making;
  }

  /** Runs a preflight once for each subject, such as a model, and shows its notices to the user. */
  #preflight(
    kind: Kind,
    name: string,
    level: 'info' | 'warning',
    subject: string,
    ask: () => Promise<readonly string[]> | undefined,
  ): Promise<void> {
    const key = `${kind}/${name}/${subject}`;
    const asked = this.#checked.get(key);
    if (asked) return asked;
    const what = `${this.#registry.title(kind, name)} failed in preflight`;
    const asking = asPluginFault(what, async () => ask(), this.#options.signal).then((notices) => {
      for (const notice of notices ?? []) this.#events.notice(notice, level);
    });
    this.#checked.set(key, asking);
    return asking;
  }

  /** Adds `unisolated` if the backend has that option, because `--unisolated` is for all backends of a run. */
  #backendOptions(name: string): Record<string, unknown> {
    const given = (this.#options.backendOptions?.[name] ?? {}) as Record<string, unknown>;
    const { options: schema } = this.#registry.get('backends', name);
    const known = (schema as { properties?: object } | undefined)?.properties ?? {};
    return this.#options.unisolated && 'unisolated' in known ? { ...given, unisolated: true } : given;
  }
}
