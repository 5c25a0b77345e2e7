import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import { ConfigError, PluginError, reasonOf } from '../contracts/errors.ts';
import type { Evaluator } from '../contracts/evaluator.ts';
import type { MergePolicy } from '../contracts/merge-policy.ts';
import type { AgentDefinition, Definition, Plugin } from '../contracts/plugin.ts';
import { checkOptions } from './define.ts';
import { suggest } from './nearest.ts';
import { asPluginFault, type RequiredMembers, requireMembers } from './plugin-fault.ts';

interface Kinds {
  agents: AgentDefinition;
  backends: Definition<Backend>;
  buses: Definition<MessageBus>;
  evaluators: Definition<Evaluator>;
  mergePolicies: Definition<MergePolicy>;
}

/** What one of a kind is called, and what it must have. */
const kinds: Record<keyof Kinds, { readonly one: string; readonly parts: RequiredMembers }> = {
  agents: { one: 'agent', parts: { run: 'function' } },
  backends: { one: 'backend', parts: { create: 'function' } },
  buses: { one: 'bus', parts: { open: 'function' } },
  evaluators: { one: 'evaluator', parts: { evaluate: 'function' } },
  mergePolicies: { one: 'merge policy', parts: { strategy: 'text' } },
};

type Made<K extends keyof Kinds> = Awaited<ReturnType<Kinds[K]['create']>>;

/** Names users know from the original whose plugin may not be installed, and what brings them. */
const packages: { readonly [K in keyof Kinds]?: Readonly<Record<string, string>> } = {
  backends: {
    local: '@cooperbench/backend-local',
    docker: '@cooperbench/backend-docker',
    modal: '@cooperbench/backend-modal',
    gcp: '@cooperbench/backend-gcp',
  },
  agents: {
    mini_swe_agent: '@cooperbench/agent-mini-swe',
    mini_swe_agent_v2: '@cooperbench/agent-mini-swe',
    openhands: '@cooperbench/agent-openhands-bridge',
    swe_agent: '@cooperbench/agent-swe-agent',
  },
  buses: { redis: '@cooperbench/bus-redis' },
};

/** A plugin that is there and cannot be used, and why. */
export interface LeftOut {
  /** The npm package's name. */
  readonly name: string;
  readonly error: PluginError;
}

/** Says that a plugin was made for another core. */
export function apiFault({ name, apiVersion }: Plugin): PluginError | undefined {
  if (apiVersion === 1) return undefined;
  return new PluginError(
    'PLUGIN_API',
    `Plugin ${name} speaks API version ${apiVersion}; this core speaks 1.`,
    {
      hint: `Install a version of ${name} made for this core.`,
    },
  );
}

/** Says which name two plugins both claim. */
export function clash(
  one: Plugin,
  other: Plugin,
  hint: string = 'Uninstall one of them.',
): PluginError | undefined {
  for (const kind of Object.keys(kinds) as (keyof Kinds)[]) {
    const taken = Object.keys(other[kind] ?? {}).find((name) => Object.hasOwn(one[kind] ?? {}, name));
    if (taken === undefined) continue;
    return new PluginError(
      'PLUGIN_CLASH',
      `Plugins ${one.name} and ${other.name} both bring the ${kinds[kind].one} "${taken}".`,
      { hint },
    );
  }
  return undefined;
}

/** What the loaded plugins bring, by the names users type. */
export class Registry {
  readonly plugins: Plugin[] = [];
  readonly #leftOut: readonly LeftOut[];
  readonly #entries = new Map<string, { plugin: Plugin; definition: unknown }>();

  constructor(leftOut: readonly LeftOut[] = []) {
    this.#leftOut = leftOut;
  }

  /** @throws PluginError `PLUGIN_API`, `PLUGIN_CLASH`. */
  add(plugin: Plugin): void {
    const fault = [apiFault(plugin), ...this.plugins.map((known) => clash(known, plugin))].find(Boolean);
    if (fault) throw fault;
    for (const kind of Object.keys(kinds) as (keyof Kinds)[]) {
      for (const [name, definition] of Object.entries(plugin[kind] ?? {}))
        this.#entries.set(`${kind}/${name}`, { plugin, definition });
    }
    this.plugins.push(plugin);
  }

  /** Names of a kind, sorted, with the plugin each comes from. */
  list(kind: keyof Kinds): { name: string; plugin: string }[] {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(`${kind}/`))
      .map(([key, { plugin }]) => ({ name: key.slice(kind.length + 1), plugin: plugin.name }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The versions of the plugins that bring these things, for a result's record. */
  versionsOf(used: readonly (readonly [keyof Kinds, string])[]): Record<string, string> {
    const plugins = used.map(([kind, name]) => this.#entries.get(`${kind}/${name}`)?.plugin);
    return Object.fromEntries(
      plugins.flatMap((plugin) => (plugin?.version ? [[plugin.name, plugin.version]] : [])),
    );
  }

  /** How messages begin that speak of it: `The agent "foo" of plugin bar`. */
  title(kind: keyof Kinds, name: string): string {
    return `The ${kinds[kind].one} "${name}" of plugin ${this.#entries.get(`${kind}/${name}`)?.plugin.name}`;
  }

  /**
   * Makes a thing from what a user says, and sees that it has what core calls.
   * @throws what `get` does; ConfigError `CONFIG_OPTIONS`; PluginError `PLUGIN_FAULT` when the plugin fails at it.
   */
  async make<K extends keyof Kinds>(kind: K, name: string, options: unknown = {}): Promise<Made<K>> {
    const definition: Definition<unknown> = this.get(kind, name);
    const { one, parts } = kinds[kind];
    const made = await asPluginFault(`${this.title(kind, name)} could not be made`, async () => {
      checkOptions(`the ${one} "${name}"`, definition, options);
      return requireMembers(await definition.create(options), parts, 'create');
    });
    return made as Made<K>;
  }

  /**
   * @throws ConfigError `UNKNOWN_AGENT`, `UNKNOWN_BACKEND`, … naming the package to install or the nearest name, and the
   * plugins that are left out, since one of them may bring it.
   */
  get<K extends keyof Kinds>(kind: K, name: string): Kinds[K] {
    const entry = this.#entries.get(`${kind}/${name}`);
    if (entry) return entry.definition as Kinds[K];
    const what = kinds[kind].one;
    const code = `UNKNOWN_${what.toUpperCase().replace(' ', '_')}`;
    const known = packages[kind]?.[name];
    if (known === undefined) {
      const names = this.list(kind).map((entry) => entry.name);
      const perhaps = this.#leftOut.map(
        (plugin) => `It may come with ${plugin.name}, which is left out: ${reasonOf(plugin.error)}`,
      );
      throw new ConfigError(code, `There is no ${what} "${name}".`, {
        hint: [suggest(name, names), ...perhaps].join('\n'),
        about: name,
      });
    }
    const broken = this.#leftOut.find((plugin) => plugin.name === known);
    if (broken) {
      throw new ConfigError(code, `The ${what} "${name}" comes with ${known}, which is left out.`, {
        hint: reasonOf(broken.error),
        about: name,
      });
    }
    const instead = kind === 'backends' ? ', or run with --backend local or --backend docker' : '';
    throw new ConfigError(code, `The ${what} "${name}" comes with ${known}, which is not installed.`, {
      hint: `Install it: cooperbench plugins install ${known}${instead}.`,
      about: name,
    });
  }
}
