import type { Plugin } from '../contracts/plugin.ts';
import { apiFault, clash, type LeftOut } from './registry.ts';

/**
 * Decides which plugins can be used together. One that was made for another core is left out. Of plugins that claim one name that
 * of an earlier rank keeps it (core itself before all), and the others are left out; of those of one rank all are, so that
 * what a name means never hangs on an order. `remedy` says what to do about the one that is left out.
 */
export function resolveNameConflicts(
  builtins: Plugin,
  ranks: readonly (readonly Plugin[])[],
  remedy: (leftOut: Plugin, other: Plugin) => string | undefined = () => undefined,
): { readonly plugins: Plugin[]; readonly leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const without = (candidates: readonly Plugin[], fault: (plugin: Plugin) => LeftOut['error'] | undefined) =>
    candidates.filter((plugin) => {
      const error = fault(plugin);
      if (error) leftOut.push({ name: plugin.name, error });
      return !error;
    });
  const accepted: Plugin[] = [builtins];
  for (const rank of ranks) {
    const free = without(without(rank, apiFault), (plugin) =>
      accepted.map((known) => clash(known, plugin, remedy(plugin, known))).find(Boolean),
    );
    const alone = without(free, (plugin) =>
      free
        .filter((other) => other !== plugin)
        .map((other) => {
          const [one, two] = other.name < plugin.name ? [other, plugin] : [plugin, other];
          return clash(one, two, remedy(plugin, other));
        })
        .find(Boolean),
    );
    accepted.push(...alone);
  }
  return { plugins: accepted.slice(1), leftOut };
}
