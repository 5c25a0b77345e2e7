// This file has more than 250 lines, because it is one method for each kind of service.
import {
  type Backend,
  type BackendRequest,
  type MergePolicy,
  type MessageBus,
  type ModelAccess,
  type NetworkPolicy,
  untilAborted,
} from '@cooperbench/core';
import {
  CapacityGate,
  type ConnectRegistries,
  callPlugin,
  createPluginFault,
  defaultTimeLimits,
  findChannelFault,
  findRefused,
  guardBackend,
  guardBus,
  type Kind,
  type NamedChannel,
  type Registry,
  refuseSharedNames,
  resolvePolicy,
  type TimeLimits,
  type UserOptions,
  withFaults,
} from '@cooperbench/core/host';
import { createUnusableFaultsError } from '../options/channel-faults.ts';
import { type EvaluateOptions, type RunOptions, runDefaults } from '../options/options.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { EventStream } from '../trial/event-stream.ts';
import type { RunningSeat } from '../trial/trial.ts';
import { readLayers } from './agent-layers.ts';
import { createClosedNetworkError } from './closed-network.ts';
import { connectRegistries } from './connect-registries.ts';
import { createImageEventHandler, createReportingBackend } from './image-events.ts';
import { type EvaluatorService, openEvaluator } from './open-evaluator.ts';
import { OpenedServices } from './opened-services.ts';
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

/** An agent for one model. */
export interface AgentService
  extends Pick<RunningSeat, 'agent' | 'title' | 'untrusted' | 'readsDataset' | 'layers'> {
  readonly priceKnown: boolean;
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
  readonly #ownBus: MessageBus | undefined;
  readonly #opened: OpenedServices;
  /** Backends that do not say which network their sandboxes have. */
  readonly #untold = new Set<string>();
  #trusted: Promise<void> | undefined;

  constructor(
    { registry, limits = defaultTimeLimits, bus }: Pick<RunHost, 'registry' | 'limits' | 'bus'>,
    options: ServiceOptions,
    events: EventStream,
    /** Gets a line about what takes long before the run starts. */
    onWait: (text: string) => void = (text) => void events.notice(text),
  ) {
    this.limits = limits;
    this.#registry = registry;
    this.#options = options;
    this.#events = events;
    this.#ownBus = bus;
    const getUserOptions = (): UserOptions => this.#given;
    this.#opened = new OpenedServices({
      registry,
      limits,
      events,
      onWait,
      given: getUserOptions,
      signal: options.signal,
    });
    this.gate = new CapacityGate(limits, (text) => void events.notice(text, 'warning'));
  }

  /** Aborts some time after the user's abort. Then, nothing waits for what ends. */
  get closing(): AbortSignal {
    return this.#opened.closing;
  }

  /** Begins error messages about a service, for example `The agent "foo" of plugin bar`. */
  title(kind: Kind, name: string): string {
    return this.#registry.title(kind, name);
  }

  async agent(name: string, access: ModelAccess): Promise<AgentService> {
    const { agentOptions, signal } = this.#options;
    const options = agentOptions?.[name];
    const agent = await this.#opened.make('agents', name, options);
    await this.#opened.preflight('agents', name, 'info', JSON.stringify(access), (signal) =>
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
      layers: await readLayers(this.#registry, name, options, limited),
    };
  }

  /**
   * Returns the backend's image progress and notices become events. Its `create` waits for capacity. `check` may refuse the
   * backend before the user is asked to trust the dataset.
   */
  async backend(
    name: string,
    request: BackendRequest,
    check: (backend: Backend) => void = () => {},
  ): Promise<Backend> {
    const backend = await this.#opened.make('backends', name, this.#buildBackendOptions(name), guardBackend);
    check(backend);
    await this.#opened.preflight('backends', name, 'warning', JSON.stringify(request), (signal) =>
      backend.preflight?.({ ...request, signal }),
    );
    await this.#trustDataset(backend);
    await this.#checkNetwork(name, backend, request);
    const reporting = createReportingBackend(backend, {
      onProgress: createImageEventHandler(this.#events.emit, this.#options.signal),
      onNotice: (text) => void this.#events.notice(text, 'warning'),
    });
    return this.gate.gate(name, this.title('backends', name), reporting);
  }

  async bus(name: string): Promise<Pick<MessageBus, 'open' | 'beginPhase'>> {
    const { busOptions, signal } = this.#options;
    if (this.#ownBus)
      return guardBus(this.#ownBus, this.#opened.boundsOf('The message bus of the program'), signal);
    const bus = await this.#opened.make('buses', name, busOptions?.[name]);
    await this.#opened.preflight('buses', name, 'warning', '', (signal) => bus.preflight?.({ signal }));
    return guardBus(bus, this.#opened.boundsOf(this.title('buses', name)), signal);
  }

  async channels(
    names: readonly string[],
    faults: RunPlan['channelFaults'],
  ): Promise<readonly NamedChannel[]> {
    const channels: NamedChannel[] = [];
    for (const name of names) {
      const channel = await this.#opened.make('channels', name, this.#options.channelOptions?.[name]);
      const title = this.title('channels', name);
      const reason = findChannelFault(channel);
      if (reason !== undefined) throw createPluginFault(`${title} cannot be used`, reason);
      await this.#opened.preflight('channels', name, 'warning', '', (signal) =>
        channel.preflight?.({ signal }),
      );
      const channelFaults = faults[name];
      const cannot = channelFaults && findRefused(channel, channelFaults);
      if (cannot !== undefined) throw createUnusableFaultsError(name, cannot);
      const { carriesMessages, sharesCommits } = this.#registry.get('channels', name);
      const faultyChannel = channelFaults ? withFaults(channel, name, channelFaults) : channel;
      channels.push({ name, title, channel: faultyChannel, carriesMessages, sharesCommits });
    }
    refuseSharedNames(channels);
    return channels;
  }

  /** What connects sandboxes to package registries and to these hosts. @throws ConfigError when a policy needs it and no plugin has it. */
  connectRegistries(
    policies: readonly NetworkPolicy[],
    hosts: readonly string[],
  ): Promise<ConnectRegistries> {
    return connectRegistries(this.#opened, this.#registry, this.limits, policies, hosts);
  }

  /** Never rejects, because the work of the run is done and on disk. Tells the user what could not be disposed. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened[Symbol.asyncDispose]();
  }

  evaluator({
    evaluator = runDefaults.evaluator,
    evaluatorOptions = this.#options.evaluatorOptions,
    mergePolicy = runDefaults.mergePolicy,
  }: Pick<EvaluateOptions, 'evaluator' | 'evaluatorOptions' | 'mergePolicy'>): Promise<EvaluatorService> {
    const limited = { limitMs: this.limits.call, signal: this.#options.signal };
    const evaluatorChoice = { name: evaluator, options: evaluatorOptions?.[evaluator], mergePolicy };
    return openEvaluator(this.#opened, this.#registry, evaluatorChoice, limited);
  }

  /**
   * Returns every merge policy that the plugins provide, by name. Leaves out those that fail, because nobody may have asked
   * for them.
   */
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

  /** Returns the user's options for what plugins wrap. */
  get #given(): UserOptions {
    const { busOptions, channelOptions, evaluatorOptions } = this.#options;
    return {
      ...{ buses: busOptions, channels: channelOptions, evaluators: evaluatorOptions },
      backends: Object.fromEntries(
        this.#registry.list('backends').map(({ name }) => [name, this.#buildBackendOptions(name)]),
      ),
    };
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
    if (network === 'open' && actual === 'none') throw createClosedNetworkError(this.title('backends', name));
  }

  /** Adds `unisolated` if the backend has that option, because `--unisolated` is for all backends of a run. */
  #buildBackendOptions(name: string): Record<string, unknown> {
    const givenOptions = (this.#options.backendOptions?.[name] ?? {}) as Record<string, unknown>;
    const { options: schema } = this.#registry.get('backends', name);
    const knownProperties = (schema as { properties?: object } | undefined)?.properties ?? {};
    return this.#options.unisolated && 'unisolated' in knownProperties
      ? { ...givenOptions, unisolated: true }
      : givenOptions;
  }
}
