import type { Plugin } from '../contracts/plugin.ts';
import { builtins } from './builtins.ts';
import { apiFault, clash, type LeftOut } from './registry.ts';

/**
 * Which plugins can be used together. One that was made for another core is left out. Of plugins that claim one name
 * those in `own` (and core itself) keep it and the others are left out; where none is, all of them are, so that what a
 * name means never hangs on an order.
 */
export function admit(
  plugins: readonly Plugin[],
  own: ReadonlySet<string> = new Set(),
): { readonly plugins: Plugin[]; readonly leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const without = (candidates: readonly Plugin[], fault: (plugin: Plugin) => LeftOut['error'] | undefined) =>
    candidates.filter((plugin) => {
      const error = fault(plugin);
      if (error) leftOut.push({ name: plugin.name, error });
      return !error;
    });
  const current = without(plugins, apiFault);
  const first = [builtins, ...current.filter(({ name }) => own.has(name))];
  const others = without(
    current.filter(({ name }) => !own.has(name)),
    (plugin) => first.map((known) => clash(known, plugin)).find(Boolean),
  );
  const rest = without(others, (plugin) =>
    others
      .map((other) => (other.name < plugin.name ? clash(other, plugin) : clash(plugin, other)))
      .find((error, index) => error && others[index] !== plugin),
  );
  return { plugins: [...first.slice(1), ...rest], leftOut };
}
