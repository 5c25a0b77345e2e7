import type { Evaluation } from '@cooperbench/core';

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

/** Every key of an object and of its parts. */
type KeysOf<T> = T extends readonly (infer Item)[]
  ? KeysOf<Item>
  : T extends object
    ? { [K in keyof T]-?: (string extends K ? never : K & string) | KeysOf<NonNullable<T[K]>> }[keyof T]
    : never;

/** The keys of the contract. `data`: the keys below are data, such as names of seats. */
const contractKeys: Readonly<Record<KeysOf<Evaluation>, 'data' | 'part'>> = {
  ...{ applyStatus: 'data', featuresResults: 'data', individual: 'data', metrics: 'data' },
  ...{
    merge: 'part',
    merged: 'part',
    dropped: 'part',
    control: 'part',
    reference: 'part',
    warmLayer: 'part',
  },
  ...{ bothPassed: 'part', overallSuccess: 'part', error: 'part', errorCode: 'part' },
  ...{ status: 'part', strategy: 'part', policy: 'part', diff: 'part', conflicts: 'part' },
  ...{ seat: 'part', path: 'part', rule: 'part', lastLine: 'part', mergeConflict: 'part' },
  ...{ featureId: 'part', features: 'part', passed: 'part', success: 'part', count: 'part', byName: 'part' },
  ...{ testsPassed: 'part', testsFailed: 'part', exitCode: 'part', testOutput: 'part', timedOut: 'part' },
  ...{ unrecognised: 'part', outputLimit: 'part', killed: 'part', canary: 'part', frameworkPatched: 'part' },
  ...{ missingTests: 'part', failingTests: 'part', name: 'part', message: 'part', places: 'part' },
};
const camelKeys = new Map(Object.entries(contractKeys));
const snakeKeys = new Map(Object.entries(contractKeys).map(([key, kind]) => [formatSnakeCase(key), kind]));

/** Returns the parts of an evaluation as eval.json has them. What only the evaluator knows stays as it is. */
export function toSnakeKeys<T extends object>(value: T): SnakeKeys<T> {
  return renameKeys(value, camelKeys, formatSnakeCase) as SnakeKeys<T>;
}

/** The opposite of `toSnakeKeys`. */
export function fromSnakeKeys<T extends object>(value: SnakeKeys<T>): T {
  return renameKeys(value, snakeKeys, formatCamelCase) as T;
}

function formatSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function formatCamelCase(key: string): string {
  return key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function renameKeys(
  value: unknown,
  keyKinds: ReadonlyMap<string, 'data' | 'part'>,
  rename: (key: string) => string,
): unknown {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, keyKinds, rename));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, part]): [string, unknown] => {
    const kind = keyKinds.get(key);
    if (kind === undefined) return [key, part];
    if (kind === 'part' || typeof part !== 'object' || part === null)
      return [rename(key), renameKeys(part, keyKinds, rename)];
    const data = Object.entries(part).map(
      ([name, item]) => [name, renameKeys(item, keyKinds, rename)] as const,
    );
    return [rename(key), Object.fromEntries(data)];
  });
  return Object.fromEntries(entries);
}
