import { type FoundPlugins, listProvided, type ProvidedNames } from '@cooperbench/command/plugins';
import type { Config } from '@oclif/core/interfaces';

/** A plugin in the output of `cooperbench plugins`. */
export interface PluginRow extends ProvidedNames {
  readonly name: string;
  readonly version: string | null;
  /** `project`: a configuration file names it. `other`: the list names it, but it is missing. */
  readonly from: 'bundled' | 'installed' | 'linked' | 'project' | 'other';
  /** Its directory, or the file of one that a configuration names. It is null if it is missing. */
  readonly root: string | null;
  /** The place in a configuration file that names it, such as `cooperbench.config.yaml:1:11`. It is null if none does. */
  readonly named: string | null;
  /** Commands that it adds. */
  readonly commands: readonly string[];
  /** The reason why it is left out. It is null if it is used. */
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  /** What may be wrong with it although it is used. It is null if nothing is wrong. */
  readonly warning: string | null;
}

/** Returns all plugins of CooperBench, sorted by name. Leaves out bundled plugins of oclif itself. */
export function buildPluginRows(
  config: Pick<Config, 'getPluginsList'>,
  foundPlugins: FoundPlugins,
): PluginRow[] {
  const oclifs = config.getPluginsList();
  const addedPlugins = oclifs.filter(({ type }) => type !== 'core');
  const names = [foundPlugins.plugins, foundPlugins.leftOut, addedPlugins].flatMap((plugins) =>
    plugins.map(({ name }) => name),
  );
  return [...new Set(names)].sort().map((name): PluginRow => {
    const plugin = foundPlugins.plugins.find((candidate) => candidate.name === name);
    const declaration = foundPlugins.named?.get(name);
    const oclif = declaration ? undefined : oclifs.find((candidate) => candidate.name === name);
    const error = foundPlugins.leftOut.find((leftOutPlugin) => leftOutPlugin.name === name)?.error;
    return {
      name,
      version: plugin?.version ?? oclif?.version ?? null,
      from: declaration ? 'project' : oclif ? (origins[oclif.type] ?? 'installed') : 'other',
      root: declaration?.root ?? oclif?.root ?? null,
      named: declaration?.at ?? null,
      ...listProvided(plugin ?? {}),
      commands: oclif?.commandIDs.map((id) => id.replaceAll(':', ' ')) ?? [],
      problem: error ? { code: error.code, message: error.message, hint: error.hint ?? null } : null,
      warning: (plugin && foundPlugins.warnings.get(plugin)) ?? null,
    };
  });
}

const origins: Readonly<Record<string, PluginRow['from']>> = {
  core: 'bundled',
  user: 'installed',
  link: 'linked',
};
