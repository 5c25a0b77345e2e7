import { closest, distance } from 'fastest-levenshtein';

/** Returns the known name that the user most likely meant. Undefined: none is similar. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || name === '') return undefined;
  const best = closest(name.toLowerCase(), known as string[]);
  const related = best.includes(name) || name.includes(best);
  return related || distance(name.toLowerCase(), best) <= Math.max(2, Math.floor(name.length / 3))
    ? best
    : undefined;
}

/** Returns a hint with the nearest known name, or else with all known names. */
export function suggest(name: string, known: readonly string[]): string {
  const guess = nearest(name, known);
  if (guess !== undefined) return `Did you mean "${guess}"?`;
  return known.length > 0 ? `Known: ${[...known].sort().slice(0, 30).join(', ')}.` : 'There are none.';
}

/** Like `suggest`, for numbers: returns a hint with the closest number and all numbers. */
export function suggestId(id: number, known: readonly number[]): string {
  const sorted = [...known].sort((a, b) => Math.abs(a - id) - Math.abs(b - id));
  const all = [...known].sort((a, b) => a - b).join(', ');
  return sorted.length > 0 ? `Did you mean ${sorted[0]}? Known: ${all}.` : 'There are none.';
}
