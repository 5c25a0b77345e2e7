import 'reflect-metadata';
import { type DependencyContainer, instanceCachingFactory, container as root } from 'tsyringe';
import { builtins } from './builtins/index.ts';
import type { Plugin } from './contracts/plugin.ts';
import { type OtherPlugins, Registry } from './plugins/registry.ts';

/** Names a service and its type. Keys are global symbols, so two copies of core agree. */
export interface Token<T> {
  readonly key: symbol;
  readonly type?: T;
}

export function token<T>(name: string): Token<T> {
  return { key: Symbol.for(`cooperbench:${name}`) };
}

/** The current time, replaceable in tests. */
export interface Clock {
  now(): Date;
}

export const tokens: {
  readonly registry: Token<Registry>;
  readonly clock: Token<Clock>;
  readonly plugins: Token<readonly Plugin[]>;
} = {
  registry: token('registry'),
  clock: token('clock'),
  plugins: token('plugins'),
};

/** The one place that knows tsyringe. Services are made on first use and kept as long as the container. */
export class Container {
  readonly #inner: DependencyContainer = root.createChildContainer();

  provide<T>(service: Token<T>, make: (container: Container) => T): this {
    this.#inner.register<T>(service.key, { useFactory: instanceCachingFactory(() => make(this)) });
    return this;
  }

  get<T>(service: Token<T>): T {
    return this.#inner.resolve<T>(service.key);
  }
}

/**
 * A container with core's own services and what the plugins bring. Errors about names that no plugin brings mention
 * `others`. @throws PluginError `PLUGIN_API`, `PLUGIN_CLASH`.
 */
export function createContainer(plugins: readonly Plugin[] = [], others: OtherPlugins = {}): Container {
  return new Container()
    .provide(tokens.plugins, () => plugins)
    .provide(tokens.clock, () => ({ now: () => new Date() }))
    .provide(tokens.registry, (container) => {
      const registry = new Registry(others);
      for (const plugin of [builtins, ...container.get(tokens.plugins)]) registry.add(plugin);
      return registry;
    });
}
