import 'reflect-metadata';
import type { MessageBus, Plugin } from '@cooperbench/core';
import {
  builtins,
  defaultTimeLimits,
  type OtherPlugins,
  Registry,
  type TimeLimits,
} from '@cooperbench/core/host';
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe';
import { Runs } from './runs.ts';
import type { Clock, RunHost } from './services/run-host.ts';
import type { EventListener } from './trial/event-stream.ts';

/** Names a service and its type. Keys are global symbols, so two copies of core agree. */
export interface Token<T> {
  readonly key: symbol;
  readonly type?: T;
}

export function token<T>(name: string): Token<T> {
  return { key: Symbol.for(`cooperbench:${name}`) };
}

export const tokens: {
  /** Plans, checks, executes and evaluates runs. */
  readonly runs: Token<Runs>;
  /** The services below, which all runs share. */
  readonly host: Token<RunHost>;
  /** The definitions of all plugins, by name. */
  readonly registry: Token<Registry>;
  /** The source of the time in events and in the files of a run. */
  readonly clock: Token<Clock>;
  /** Receives every event of every run. If it is undefined, only the caller's `onEvent` does. */
  readonly reporter: Token<EventListener | undefined>;
  /** How long core waits for plugins. */
  readonly limits: Token<TimeLimits>;
  /** Replaces the message bus that a run's options name. If it is undefined, the options decide. */
  readonly bus: Token<MessageBus | undefined>;
} = {
  runs: token('runs'),
  host: token('host'),
  registry: token('registry'),
  clock: token('clock'),
  reporter: token('reporter'),
  limits: token('limits'),
  bus: token('bus'),
};

/** The composition root, and the only code that uses tsyringe. Creates each service on first use and keeps it. */
export class Container {
  readonly #inner: DependencyContainer = root.createChildContainer();

  /** Defines how a service is created. Replaces an earlier definition, unless the service is in use already. */
  provide<T>(service: Token<T>, make: (container: Container) => T): this {
    // The wrapper is needed because tsyringe reads undefined as "nothing registered".
    this.#inner.register(service.key, { useFactory: instanceCachingFactory(() => ({ value: make(this) })) });
    return this;
  }

  get<T>(service: Token<T>): T {
    return this.#inner.resolve<{ value: T }>(service.key).value;
  }
}

/**
 * Creates a container with core's own services and the given plugins. `others` makes errors about unknown names more
 * helpful. Getting the registry throws PluginError `PLUGIN_API` or `PLUGIN_CLASH` when a plugin is not usable.
 */
export function createContainer(plugins: readonly Plugin[] = [], otherPlugins: OtherPlugins = {}): Container {
  return new Container()
    .provide(tokens.clock, () => ({ now: () => new Date() }))
    .provide(tokens.reporter, () => undefined)
    .provide(tokens.limits, () => defaultTimeLimits)
    .provide(tokens.bus, () => undefined)
    .provide(tokens.registry, () => {
      const registry = new Registry(otherPlugins);
      for (const plugin of [builtins, ...plugins]) registry.add(plugin);
      return registry;
    })
    .provide(tokens.host, (container) => ({
      registry: container.get(tokens.registry),
      clock: container.get(tokens.clock),
      reporter: container.get(tokens.reporter),
      limits: container.get(tokens.limits),
      bus: container.get(tokens.bus),
    }))
    .provide(tokens.runs, (container) => new Runs(container.get(tokens.host)));
}
