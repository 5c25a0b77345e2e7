import {
  type Backend,
  type BackendRequest,
  ConfigError,
  type ConnectedSandbox,
  type Evaluator,
  GracePeriod,
  type MergePolicy,
  type MessageBus,
  type ModelAccess,
  messageOf,
  type NetworkPolicy,
  untilAborted,
} from '@cooperbench/core';
import {
  type CallBounds,
  CapacityGate,
  type ConnectRegistries,
  callPlugin,
  channelFault,
  defaultTimeLimits,
  faultOf,
  forgetBackend,
  guardBackend,
  guardBus,
  type Kind,
  type Made,
  maskSecrets,
  metricsFault,
  type NamedChannel,
  type Registry,
  refusedFault,
  refuseSharedNames,
  rememberBackend,
  requireMembers,
  resolvePolicy,
  type TimeLimits,
  type UserOptions,
  withFaults,
} from '@cooperbench/core/host';
import type { EvaluationFile } from '@cooperbench/records';
import { unusableFaults } from '../options/channel-faults.ts';
import { withSortedKeys } from '../options/identity.ts';
import { type EvaluateOptions, type RunOptions, runDefaults } from '../options/options.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { EventStream } from '../trial/event-stream.ts';
import type { SeatAssignment } from '../trial/trial.ts';
import { layersOf } from './agent-layers.ts';
import { imageEvents, reportingBackend } from './image-events.ts';
import type { RunHost } from './run-host.ts';

/** The options that services are created from. */
export type ServiceOptions = Pick<
  RunOptions,
  | 'agentOptions'
  | 'backendOptions'
  | 'busOptions'
  | 'channelOptions'
  | 'evaluatorOptions'
  | 'unisolated'
  | 'datasetDir'
  | 'trustDataset'
  | 'signal'
>;

/** After which a user is told what the command waits for. */
const slowMs = 10_000;
const connectedMembers = { workspace: 'object', [Symbol.asyncDispose]: 'function' } as const;

/** An agent for one model. */
export interface AgentService
  extends Pick<SeatAssignment, 'agent' | 'title' | 'untrusted' | 'readsDataset' | 'layers'> {
  readonly priceKnown: boolean;
}

/** The evaluator of a run and its merge policy. */
export interface EvaluatorService {
  readonly evaluator: Evaluator;
  readonly policy: { readonly name: string } & MergePolicy;
  /** The evaluator's name and options for eval.json. Secrets are masked. */
  readonly record: EvaluationFile['evaluator'];
  /** Says how the evaluator judges. A verdict that was made in another way is stale. */
  readonly fingerprint: string;
  /** Begins error messages about the evaluator. */
  readonly title: string;
}

/**
 * The agents, backends, channels, bus and evaluator of a run. Creates and checks each one once, on first use, and disposes
 * them together. Bounds every call into them. Methods throw ConfigError for mistakes that the user can correct, and PluginError
 * for faults that only the plugin's author can correct.
 */
export class Services implements AsyncDisposable {
  readonly limits: TimeLimits;
  /** Creates the sandboxes of all backends. */
  readonly gate: CapacityGate;
  readonly #registry: Registry;
  readonly #options: ServiceOptions;
  readonly #events: EventStream;
  readonly #onWait: (text: string) => void;
  readonly #ownBus: MessageBus | undefined;
  readonly #closing: GracePeriod;
  readonly #made = new Map<string, Promise<unknown>>();
  readonly #checked = new Map<string, Promise<void>>();
  /** Backends that do not say which network their sandboxes have. */
  readonly #untold = new Set<string>();
  #trusted: Promise<void> | undefined;
  readonly #disposables: { readonly title: string; readonly service: Partial<AsyncDisposable> }[] = [];

  constructor(
    { registry, limits = defaultTimeLimits, bus }: Pick<RunHost, 'registry' | 'limits' | 'bus'>,
    options: ServiceOptions,
    events: EventStream,
    /** Gets a line about what takes long before the run starts. */
    onWait: (text: string) => void = (text) => void events.notice(text),
  ) {
    this.limits = limits;
    this.#onWait = onWait;
    this.#registry = registry;
    this.#options = options;
    this.#events = events;
    this.#ownBus = bus;
    this.#closing = new GracePeriod(limits.abort, options.signal);
    this.gate = new CapacityGate(limits, (text) => void events.notice(text, 'warning'));
  }

  /** Aborts some time after the user's abort. Then, nothing waits for what ends. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Begins error messages about a service, for example `The agent "foo" of plugin bar`. */
  title(kind: Kind, name: string): string {
    return this.#registry.title(kind, name);
  }

  async agent(name: string, access: ModelAccess): Promise<AgentService> {
    const { agentOptions, signal } = this.#options;
    const options = agentOptions?.[name];
    const agent = await this.#make('agents', name, options);
    await this.#preflight('agents', name, 'info', JSON.stringify(access), (signal) =>
      agent.preflight?.({ ...access, signal }),
    );
    const definition = this.#registry.get('agents', name);
    const limited = { limitMs: this.limits.call, signal };
    const ask = <T>(method: string, work: () => T | Promise<T>): Promise<T> =>
      callPlugin(`${this.title('agents', name)} failed in ${method}`, work, limited);
    return {
      agent,
      title: this.title('agents', name),
      untrusted: (await ask('untrusted', () => definition.untrusted?.(access.model))) ?? true,
      priceKnown: (await ask('knowsPrice', () => agent.knowsPrice?.(access))) ?? true,
      readsDataset: definition.readsDataset === true && this.#registry.isBuiltin('agents', name),
      layers: await layersOf(this.#registry, name, options, limited),
    };
  }

  /**
   * The backend's image progress and notices become events. Its `create` waits for capacity. `check` may refuse the backend
   * before the user is asked to trust the dataset.
   */
  async backend(
    name: string,
    request: BackendRequest,
    check: (backend: Backend) => void = () => {},
  ): Promise<Backend> {
    const backend = await this.#make('backends', name, this.#backendOptions(name), guardBackend);
    check(backend);
    await this.#preflight('backends', name, 'warning', JSON.stringify(request), (signal) =>
      backend.preflight?.({ ...request, signal }),
    );
    await this.#trustDataset(backend);
    await this.#checkNetwork(name, backend, request);
    const reporting = reportingBackend(backend, {
      onProgress: imageEvents(this.#events.emit, this.#options.signal),
      onNotice: (text) => void this.#events.notice(text, 'warning'),
    });
    return this.gate.gate(name, this.title('backends', name), reporting);
  }

  async bus(name: string): Promise<Pick<MessageBus, 'open' | 'beginPhase'>> {
    const { busOptions, signal } = this.#options;
    if (this.#ownBus) return guardBus(this.#ownBus, this.#boundsOf('The message bus of the program'), signal);
    const bus = await this.#make('buses', name, busOptions?.[name]);
    await this.#preflight('buses', name, 'warning', '', (signal) => bus.preflight?.({ signal }));
    return guardBus(bus, this.#boundsOf(this.title('buses', name)), signal);
  }

  async channels(
    names: readonly string[],
    faults: RunPlan['channelFaults'],
  ): Promise<readonly NamedChannel[]> {
    const channels: NamedChannel[] = [];
    for (const name of names) {
      const channel = await this.#make('channels', name, this.#options.channelOptions?.[name]);
      const title = this.title('channels', name);
      const why = channelFault(channel);
      if (why !== undefined) throw faultOf(`${title} cannot be used`, why);
      await this.#preflight('channels', name, 'warning', '', (signal) => channel.preflight?.({ signal }));
      const own = faults[name];
      const cannot = own && refusedFault(channel, own);
      if (cannot !== undefined) throw unusableFaults(name, cannot);
      const { carriesMessages, sharesCommits } = this.#registry.get('channels', name);
      const heard = own ? withFaults(channel, name, own) : channel;
      channels.push({ name, title, channel: heard, carriesMessages, sharesCommits });
    }
    refuseSharedNames(channels);
    return channels;
  }

  /** What connects sandboxes to package registries and to these hosts. @throws ConfigError when a policy needs it and no plugin has it. */
  async connectRegistries(
    policies: readonly NetworkPolicy[],
    hosts: readonly string[],
  ): Promise<ConnectRegistries> {
    const network = (): Promise<Made<'networks'>> => this.#make('networks', 'registries', undefined);
    if (policies.includes('registries')) await network();
    const disconnect = async (connected: ConnectedSandbox): Promise<void> => connected[Symbol.asyncDispose]();
    return async (workspace, { signal, ...listeners }) => {
      const made = await network();
      const title = this.title('networks', 'registries');
      const connected = await callPlugin(
        `${title} failed in connect`,
        async (signal) => {
          const connection = await made.connect(workspace, { ...listeners, hosts, signal });
          return requireMembers(connection, connectedMembers, 'connect');
        },
        { limitMs: this.limits.open, signal, discard: disconnect },
      );
      const bounds = { limitMs: this.limits.close, signal: this.closing };
      return {
        workspace: connected.workspace,
        [Symbol.asyncDispose]: () =>
          callPlugin(`${title} failed in dispose`, () => disconnect(connected), bounds),
      };
    };
  }

  async evaluator({
    evaluator: name = runDefaults.evaluator,
    evaluatorOptions = this.#options.evaluatorOptions,
    mergePolicy = runDefaults.mergePolicy,
  }: Pick<EvaluateOptions, 'evaluator' | 'evaluatorOptions' | 'mergePolicy'>): Promise<EvaluatorService> {
    const { signal } = this.#options;
    const options = evaluatorOptions?.[name];
    const limited = { limitMs: this.limits.call, signal };
    const evaluator = await this.#make('evaluators', name, options);
    const unfit = metricsFault(evaluator.metrics ?? {});
    if (unfit !== undefined) throw faultOf(`${this.title('evaluators', name)} cannot be used`, unfit);
    await this.#preflight('evaluators', name, 'warning', '', (signal) => evaluator.preflight?.({ signal }));
    const title = this.title('evaluators', name);
    const record = { name, options: maskSecrets(options ?? {}) };
    const given = await callPlugin(
      `${title} failed in fingerprint`,
      () => evaluator.fingerprint?.(),
      limited,
    );
    if (given !== undefined && typeof given !== 'string')
      throw faultOf(`${title} failed in fingerprint`, `found ${typeof given}, expected a string`);
    const versions = this.#registry.versionsOf([['evaluators', name]]);
    return {
      evaluator,
      policy: {
        name: mergePolicy,
        ...(await this.#registry.make('mergePolicies', mergePolicy, {}, limited)),
      },
      record,
      fingerprint: JSON.stringify([name, given ?? [withSortedKeys(record.options), versions]]),
      title,
    };
  }

  /** Every merge policy that the plugins provide, by name. Leaves out those that fail, because nobody may have asked for them. */
  async mergePolicies(): Promise<ReadonlyMap<string, MergePolicy>> {
    const policies = new Map<string, MergePolicy>();
    const limited = { limitMs: this.limits.call, signal: this.#options.signal };
    for (const { name } of this.#registry.list('mergePolicies')) {
      const policy = await this.#registry.make('mergePolicies', name, {}, limited).catch(() => undefined);
      if (policy) policies.set(name, policy);
    }
    this.#options.signal?.throwIfAborted();
    return policies;
  }

  /** Never rejects, because the work of the run is done and on disk. Tells the user what could not be disposed. */
  async [Symbol.asyncDispose](): Promise<void> {
    using closing = new GracePeriod(this.limits.abort, this.#options.signal);
    using _closing = this.#closing;
    const bounds = { limitMs: this.limits.call, signal: closing.signal };
    await Promise.all(
      this.#disposables.map(async ({ title, service }) => {
        const dispose = (): PromiseLike<void> | undefined => service[Symbol.asyncDispose]?.();
        try {
          await callPlugin(`${title} failed in dispose`, async () => dispose(), bounds);
        } catch (error) {
          const hint = 'Remove what it may have left with cooperbench clean.';
          this.#events.notice(`${messageOf(error)}. ${hint}`, 'warning');
        }
        forgetBackend(service);
      }),
    );
  }

  #boundsOf(title: string): CallBounds {
    return { title, limits: this.limits, closing: this.closing };
  }

  /** Creates a service once. `guard` bounds the calls into it. */
  #make<K extends Exclude<Kind, 'settings' | 'mergePolicies'>>(
    kind: K,
    name: string,
    options: unknown,
    guard: (made: Made<K>, bounds: CallBounds) => Made<K> = (made) => made,
  ): Promise<Made<K>> {
    const key = `${kind}/${name}`;
    const known = this.#made.get(key);
    if (known) return known as Promise<Made<K>>;
    const title = this.title(kind, name);
    const limited = { limitMs: this.limits.call, signal: this.#options.signal };
    const making = this.#registry
      .make(kind, name, options, { ...limited, given: this.#given })
      .then((made) => {
        const service = guard(made, this.#boundsOf(title));
        // Added before the preflight, so that a service whose preflight fails is disposed, too.
        this.#disposables.push({ title, service: service as Partial<AsyncDisposable> });
        if (kind === 'backends') rememberBackend(service as Partial<AsyncDisposable>);
        return service;
      });
    this.#made.set(key, making);
    return making;
  }

  /** The user's options for what plugins wrap. */
  get #given(): UserOptions {
    const { busOptions, channelOptions, evaluatorOptions } = this.#options;
    return {
      ...{ buses: busOptions, channels: channelOptions, evaluators: evaluatorOptions },
      backends: Object.fromEntries(
        this.#registry.list('backends').map(({ name }) => [name, this.#backendOptions(name)]),
      ),
    };
  }

  /** Runs a preflight once for each subject, such as a model, and shows its notices to the user. */
  #preflight(
    kind: Kind,
    name: string,
    level: 'info' | 'warning',
    subject: string,
    ask: (signal: AbortSignal) => Promise<readonly string[]> | undefined,
  ): Promise<void> {
    const key = `${kind}/${name}/${subject}`;
    const asked = this.#checked.get(key);
    if (asked) return asked;
    const what = `${this.title(kind, name)} failed in preflight`;
    const limited = { limitMs: this.limits.call, signal: this.#options.signal };
    const asking = callPlugin(
      what,
      async (signal) => {
        using _waiting = this.#sayWhenSlow(
          `Waiting: ${this.title(kind, name)} has not said yet that it is ready.`,
        );
        const notices = (await ask(signal)) ?? [];
        if (Array.isArray(notices)) return notices.map(String);
        throw new TypeError(`preflight returns ${String(notices)}, which is not a list of texts.`);
      },
      limited,
    ).then((notices) => {
      for (const notice of notices) this.#events.notice(notice, level);
    });
    this.#checked.set(key, asking);
    return asking;
  }

  #sayWhenSlow(text: string): Disposable {
    const timer = setTimeout(() => this.#onWait(text), slowMs);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }

  /** Asks once, and without a limit of time: the user may have to answer. */
  async #trustDataset(backend: Backend): Promise<void> {
    const { trustDataset, datasetDir = runDefaults.datasetDir, signal } = this.#options;
    if (!trustDataset || (await backend.isIsolated?.({ signal })) !== false) return;
    this.#trusted ??= trustDataset(datasetDir);
    await untilAborted(this.#trusted, signal);
  }

  /**
   * Tests that need a registry would fail in a closed sandbox without a word. Says once which backend does not tell its network.
   * @throws ConfigError `NETWORK_CLOSED`.
   */
  async #checkNetwork(name: string, backend: Backend, { network }: BackendRequest): Promise<void> {
    if (network === undefined) return;
    const actual = await resolvePolicy(backend, network, this.#options);
    if (actual === 'unknown' && !this.#untold.has(name)) {
      this.#untold.add(name);
      const text = `${this.title('backends', name)} does not say which network its sandboxes have: the network ${network} may not be enforced, and results record it as unknown.`;
      this.#events.notice(text, 'warning');
    }
    if (network !== 'open' || actual !== 'none') return;
    throw new ConfigError(
      'NETWORK_CLOSED',
      `${this.title('backends', name)} gives its sandboxes no network here, but there are tasks with the network "open".`,
      {
        hint: 'Give agents and tests another network: --network none --eval-network none, or registries. Or choose another backend, or remove its option network=none.',
      },
    );
  }

  /** Adds `unisolated` if the backend has that option, because `--unisolated` is for all backends of a run. */
  #backendOptions(name: string): Record<string, unknown> {
    const given = (this.#options.backendOptions?.[name] ?? {}) as Record<string, unknown>;
    const { options: schema } = this.#registry.get('backends', name);
    const known = (schema as { properties?: object } | undefined)?.properties ?? {};
    return this.#options.unisolated && 'unisolated' in known ? { ...given, unisolated: true } : given;
  }
}
