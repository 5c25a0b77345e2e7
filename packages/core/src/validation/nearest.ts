import { closest, distance } from 'fastest-levenshtein';

/** Returns the known name that the user most likely meant. Returns undefined if none is similar. */
export function findNearest(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0 || name === '') return undefined;
  const closestName = closest(name.toLowerCase(), names as string[]);
  const related = closestName.includes(name) || name.includes(closestName);
  return related || distance(name.toLowerCase(), closestName) <= Math.max(2, Math.floor(name.length / 3))
    ? closestName
    : undefined;
}

/** Returns a hint with the nearest known name, or else with all known names. */
export function suggest(name: string, names: readonly string[]): string {
  const suggestion = findNearest(name, names);
  if (suggestion !== undefined) return `Did you mean "${suggestion}"?`;
  return names.length > 0 ? `Known: ${[...names].sort().slice(0, 30).join(', ')}.` : 'There are none.';
}

/** Like `suggest`, for numbers: returns a hint with the closest number and all numbers. */
export function suggestId(id: number, knownIds: readonly number[]): string {
  const sorted = [...knownIds].sort((a, b) => Math.abs(a - id) - Math.abs(b - id));
  const idList = [...knownIds].sort((a, b) => a - b).join(', ');
  return sorted.length > 0 ? `Did you mean ${sorted[0]}? Known: ${idList}.` : 'There are none.';
}
