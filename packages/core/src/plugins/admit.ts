import type { Plugin } from '../contracts/plugin.ts';
import { builtins } from './builtins.ts';
import { apiFault, clash, type LeftOut } from './registry.ts';

/**
 * Which plugins can be used together. One that was made for another core is left out. Of plugins that claim one name that
 * of an earlier rank keeps it (core itself before all), and the others are left out; of those of one rank all are, so that
 * what a name means never hangs on an order. `remedy` says what to do about the one that is left out.
 */
export function admit(
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
  const admitted: Plugin[] = [builtins];
  for (const rank of ranks) {
    const free = without(without(rank, apiFault), (plugin) =>
      admitted.map((known) => clash(known, plugin, remedy(plugin, known))).find(Boolean),
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
    admitted.push(...alone);
  }
  return { plugins: admitted.slice(1), leftOut };
}
