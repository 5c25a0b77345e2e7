/** The spelling of a key in files of a run: `testsPassed` is `tests_passed`. */
type SnakeCase<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : S;

/** The form that an object has in files of a run, which the Python original reads. */
export type SnakeKeys<T> = T extends readonly (infer Item)[]
  ? readonly SnakeKeys<Item>[]
  : T extends object
    ? { [K in keyof T as K extends string ? SnakeCase<K> : K]: SnakeKeys<T[K]> }
    : T;

/** Their keys are data, such as names of seats. */
const keyedByData: ReadonlySet<string> = new Set([
  ...['applyStatus', 'featuresResults', 'individual'],
  ...['apply_status', 'features_results'],
]);

/** The parts of an evaluation as eval.json has them. Keys that only the evaluator knows are spelled in the same way. */
export function toSnakeKeys<T extends object>(value: T): SnakeKeys<T> {
  return renameKeys(value, (key) =>
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ) as SnakeKeys<T>;
}

/** The opposite of `toSnakeKeys`. */
export function fromSnakeKeys<T extends object>(value: SnakeKeys<T>): T {
  return renameKeys(value, (key) =>
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  ) as T;
}

function renameKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, rename));
  if (typeof value !== 'object' || value === null) return value;
  const renamed = Object.entries(value).map(([key, part]): [string, unknown] => {
    if (!keyedByData.has(key) || typeof part !== 'object' || part === null)
      return [rename(key), renameKeys(part, rename)];
    const entries = Object.entries(part).map(([name, one]) => [name, renameKeys(one, rename)] as const);
    return [rename(key), Object.fromEntries(entries)];
  });
  return Object.fromEntries(renamed);
}
