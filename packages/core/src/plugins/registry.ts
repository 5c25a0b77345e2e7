import { ConfigError, CooperBenchError, getReason, PluginError } from '../contracts/errors.ts';
import type { Definition, Plugin } from '../contracts/plugin.ts';
import { suggest } from '../validation/nearest.ts';
import { listValidationMessages } from '../validation/validate.ts';
import { callPlugin, type PluginCallOptions } from './call-plugin.ts';
import { type Kind, type Kinds, kinds, type Service } from './kinds.ts';
import { createPluginFault, requireMembers } from './plugin-fault.ts';
import { createPluginHost, type UserOptions } from './plugin-host.ts';

/** A plugin that is installed but cannot be used. */
export interface LeftOutPlugin {
  /** The npm package's name. */
  readonly name: string;
  readonly error: PluginError;
}

/** Finds the npm package that provides a name, and says how a user installs it. It is undefined if no known package does. */
export type FindPackage = (
  kind: Kind,
  name: string,
) => { readonly name: string; readonly install: string } | undefined;

export interface DefaultNames {
  readonly agents?: string;
  readonly backends?: string;
}

/** Knowledge about plugins that are not loaded. It makes errors about unknown names more helpful. */
export interface OtherPlugins {
  readonly leftOut?: readonly LeftOutPlugin[] | undefined;
  readonly packageProviding?: FindPackage | undefined;
  /** Names that apply when the user gives none. */
  readonly defaults?: DefaultNames | undefined;
}

/** How a definition makes something. */
export interface MakeOptions extends Pick<PluginCallOptions<unknown>, 'limitMs' | 'signal'> {
  /** What the user gave for names that the definition may wrap. */
  readonly given?: UserOptions | undefined;
  /** The definitions that wrap this one, outermost first. */
  readonly within?: readonly string[];
}

/** The name of core's own plugin. */
export const coreName = '@cooperbench/core';

/** The versions of the contracts that this core takes. One is raised only when a change breaks plugins. */
export const apiVersions: readonly number[] = [1];

/** Returns the error for a plugin that was made for another version of the contracts. Returns undefined if the plugin fits. */
export function checkApi({ name, apiVersion }: Plugin): PluginError | undefined {
  if (apiVersions.includes(apiVersion)) return undefined;
  return new PluginError(
    'PLUGIN_API',
    `Plugin ${name} has apiVersion ${apiVersion}; this core takes ${apiVersions.join(', ')}.`,
    { hint: `Install a version of ${name} that was made for this core.` },
  );
}

/** Returns the error for two plugins that provide the same name. Returns undefined if they do not conflict. */
export function nameConflict(
  left: Plugin,
  right: Plugin,
  hint: string = 'Uninstall one of them.',
): PluginError | undefined {
  for (const kind of Object.keys(kinds) as Kind[]) {
    const takenName = Object.keys(right[kind] ?? {}).find((name) => Object.hasOwn(left[kind] ?? {}, name));
    if (takenName === undefined) continue;
    return new PluginError(
      'PLUGIN_CLASH',
      `Plugins ${left.name} and ${right.name} both provide the ${kinds[kind].singular} "${takenName}".`,
      { hint },
    );
  }
  return undefined;
}

/** Everything that the loaded plugins provide, by the names that users type. */
export class Registry {
  readonly plugins: Plugin[] = [];
  readonly #leftOut: readonly LeftOutPlugin[];
  readonly defaults: DefaultNames;
  readonly #packageProviding: FindPackage;
  readonly #entries = new Map<string, { plugin: Plugin; definition: unknown }>();

  constructor({ leftOut = [], packageProviding = () => undefined, defaults = {} }: OtherPlugins = {}) {
    this.defaults = defaults;
    this.#leftOut = leftOut;
    this.#packageProviding = packageProviding;
  }

  /** Adds a plugin. @throws PluginError `PLUGIN_API`, `PLUGIN_CLASH`. */
  add(plugin: Plugin): void {
    const error = [checkApi(plugin), ...this.plugins.map((loaded) => nameConflict(loaded, plugin))].find(
      Boolean,
    );
    if (error) throw error;
    for (const kind of Object.keys(kinds) as Kind[]) {
      for (const [name, definition] of Object.entries(plugin[kind] ?? {}))
        this.#entries.set(`${kind}/${name}`, { plugin, definition });
    }
    this.plugins.push(plugin);
  }

  /** Lists the names of a kind, sorted, with the plugin that each comes from. */
  list(kind: Kind): { name: string; plugin: string }[] {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .map(([key, { plugin }]) => ({ name: key.slice(kind.length + 1), plugin: plugin.name }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Returns the versions of the plugins that provide these names, by plugin. Results record them. */
  versionsOf(usedServices: readonly (readonly [Kind, string])[]): Record<string, string> {
    const plugins = usedServices.map(([kind, name]) => this.#entries.get(`${kind}/${name}`)?.plugin);
    return Object.fromEntries(
      plugins.flatMap((plugin) => (plugin?.version ? [[plugin.name, plugin.version]] : [])),
    );
  }

  /** Returns the user's name, or else the program's default. @throws ConfigError `NAME_MISSING` when there is neither. */
  nameOrDefault(kind: keyof DefaultNames, givenName: string | undefined): string {
    const name = givenName ?? this.defaults[kind];
    if (name !== undefined) return name;
    const { singular } = kinds[kind];
    throw new ConfigError('NAME_MISSING', `The options name no ${singular}, and there is no default.`, {
      hint: `Set the option "${singular}", or give createContainer default names.`,
    });
  }

  /** Returns whether core itself provides the name. */
  isBuiltin(kind: Kind, name: string): boolean {
    return this.#entries.get(`${kind}/${name}`)?.plugin.name === coreName;
  }

  /** Begins error messages, for example `The agent "foo" of plugin bar`. */
  title(kind: Kind, name: string): string {
    return `The ${kinds[kind].singular} "${name}" of plugin ${this.#entries.get(`${kind}/${name}`)?.plugin.name}`;
  }

  /** Like `make`, for a kind whose `create` is synchronous. */
  createSync<K extends 'settings'>(kind: K, name: string, options: unknown = {}): Service<K> {
    this.checkOptions(kind, name, options);
    try {
      return requireMembers(
        this.get(kind, name).create(options),
        kinds[kind].requiredMembers,
        'create',
      ) as Service<K>;
    } catch (error) {
      if (CooperBenchError.is(error)) throw error;
      throw createPluginFault(`${this.title(kind, name)} could not be created`, error);
    }
  }

  /** Checks options against the definition's schema. @throws the errors of `get`; ConfigError `CONFIG_OPTIONS`. */
  checkOptions(kind: Kind, name: string, options: unknown = {}): void {
    const { options: schema } = this.get(kind, name);
    const errors = schema === undefined ? [] : listValidationMessages(schema, options);
    if (errors.length === 0) return;
    throw new ConfigError(
      'CONFIG_OPTIONS',
      `The options of the ${kinds[kind].singular} "${name}" are not valid:\n  ${errors.join('\n  ')}`,
      { hint: 'Correct the options in the configuration or on the command line.' },
    );
  }

  /**
   * Checks the user's options, creates the object, and checks that it has the members that core uses.
   * @throws the errors of `checkOptions`; PluginError `PLUGIN_FAULT` when the plugin fails.
   */
  async make<K extends Kind>(
    kind: K,
    name: string,
    options: unknown = {},
    { given, within = [], ...bounds }: MakeOptions = {},
  ): Promise<Service<K>> {
    const definition: Definition<unknown> = this.get(kind, name);
    const create = async (): Promise<unknown> => {
      this.checkOptions(kind, name, options);
      const chain = [...within, `${kind}/${name}`];
      const host = createPluginHost(async (inner, innerName, innerOptions) => {
        this.#refuseCycle(chain, inner, innerName);
        return this.make(inner, innerName, innerOptions, { ...bounds, given, within: chain });
      }, given);
      return requireMembers(await definition.create(options, host), kinds[kind].requiredMembers, 'create');
    };
    const discard = (late: unknown): unknown => (late as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.();
    const service = await callPlugin(`${this.title(kind, name)} could not be created`, create, {
      ...bounds,
      discard,
    });
    return service as Service<K>;
  }

  /** @throws PluginError `PLUGIN_CYCLE`. */
  #refuseCycle(chain: readonly string[], kind: Kind, name: string): void {
    if (!chain.includes(`${kind}/${name}`)) return;
    const names = [...chain.map((part) => part.slice(part.indexOf('/') + 1)), name].join(' → ');
    throw new PluginError('PLUGIN_CYCLE', `${this.title(kind, name)} wraps itself: ${names}.`, {
      hint: 'Let its options name something else to wrap.',
    });
  }

  /** Returns the definition of a name. @throws ConfigError `UNKNOWN_AGENT`, `UNKNOWN_BACKEND`, …, which says what to install. */
  get<K extends Kind>(kind: K, name: string): Kinds[K] {
    const entry = this.#entries.get(`${kind}/${name}`);
    if (entry) return entry.definition as Kinds[K];
    const subject = `${kinds[kind].singular} "${name}"`;
    const code = `UNKNOWN_${kinds[kind].singular.toUpperCase().replace(' ', '_')}`;
    const knownPackage = this.#packageProviding(kind, name);
    if (knownPackage === undefined) {
      const names = this.list(kind).map((entry) => entry.name);
      const candidates = this.#leftOut.map(
        (plugin) => `${plugin.name}, which is left out, may provide it: ${getReason(plugin.error)}`,
      );
      const hint = [suggest(name, names), ...candidates].join('\n');
      throw new ConfigError(code, `There is no ${subject}.`, { hint, about: name });
    }
    const leftOutPlugin = this.#leftOut.find((plugin) => plugin.name === knownPackage.name);
    const state = leftOutPlugin ? 'left out' : 'not installed';
    throw new ConfigError(code, `The ${subject} comes with ${knownPackage.name}, which is ${state}.`, {
      hint: leftOutPlugin ? getReason(leftOutPlugin.error) : knownPackage.install,
      about: name,
    });
  }
}
