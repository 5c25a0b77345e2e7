import type { Plugin } from '../contracts/plugin.ts';
import { checkApi, type LeftOutPlugin, nameConflict } from './registry.ts';

/**
 * Decides which plugins can be used together. Leaves out plugins that were made for another version of core's API. When
 * plugins provide the same name, the plugin of the earliest rank keeps it and the others are left out. Core comes before
 * all ranks. Plugins of one rank that provide the same name are all left out, so that the meaning of a name never depends
 * on an order. `remedy` returns the hint for the user of a plugin that is left out.
 */
export function resolveNameConflicts(
  builtins: Plugin,
  ranks: readonly (readonly Plugin[])[],
  remedy: (leftOut: Plugin, other: Plugin) => string | undefined = () => undefined,
): { readonly plugins: Plugin[]; readonly leftOut: LeftOutPlugin[] } {
  const leftOut: LeftOutPlugin[] = [];
  const dropFaulty = (
    candidates: readonly Plugin[],
    errorOf: (plugin: Plugin) => LeftOutPlugin['error'] | undefined,
  ) =>
    candidates.filter((plugin) => {
      const error = errorOf(plugin);
      if (error) leftOut.push({ name: plugin.name, error });
      return !error;
    });
  const accepted: Plugin[] = [builtins];
  for (const rank of ranks) {
    const free = dropFaulty(dropFaulty(rank, checkApi), (plugin) =>
      accepted.map((holder) => nameConflict(holder, plugin, remedy(plugin, holder))).find(Boolean),
    );
    const validPlugins = dropFaulty(free, (plugin) =>
      free
        .filter((candidate) => candidate !== plugin)
        .map((other) => {
          const [left, right] = other.name < plugin.name ? [other, plugin] : [plugin, other];
          return nameConflict(left, right, remedy(plugin, other));
        })
        .find(Boolean),
    );
    accepted.push(...validPlugins);
  }
  return { plugins: accepted.slice(1), leftOut };
}
