import type { ErrorObject } from 'ajv';

type Schema = Readonly<Record<string, unknown>>;

const kinds: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'a string',
  array: 'a list',
  object: 'an object',
  null: 'nothing',
};

/** The words that follow "expected", by keyword of JSON Schema. */
const words: Readonly<Record<string, (limit: never, error: ErrorObject) => string>> = {
  type: (type: string | readonly string[]) => joinOr([type].flat().map((name) => kinds[name] ?? name)),
  enum: (values: readonly unknown[]) => `one of: ${values.join(', ')}`,
  const: (value: unknown) => JSON.stringify(value),
  anyOf: (choices: readonly Schema[]) =>
    choices.every((choice) => 'const' in choice)
      ? `one of: ${choices.map((choice) => choice.const).join(', ')}`
      : joinOr(choices.map(({ title, type }) => String(title ?? kinds[String(type)] ?? 'something else'))),
  minimum: (limit: number) => `${limit} or more`,
  maximum: (limit: number) => `${limit} or less`,
  exclusiveMinimum: (limit: number) => `more than ${limit}`,
  exclusiveMaximum: (limit: number) => `less than ${limit}`,
  multipleOf: (unit: number) => `a multiple of ${unit}`,
  minLength: (limit: number) => (limit === 1 ? 'a string that is not empty' : `at least ${limit} characters`),
  maxLength: (limit: number) => `at most ${formatCount(limit, 'character')}`,
  minItems: (limit: number) => `at least ${formatCount(limit, 'item')}`,
  maxItems: (limit: number) => `at most ${formatCount(limit, 'item')}`,
  minProperties: (limit: number) => `at least ${formatCount(limit, 'key')}`,
  maxProperties: (limit: number) => `at most ${formatCount(limit, 'key')}`,
  format: (name: string) => `a string in the format "${name}"`,
  pattern: (pattern: string) => `a string that matches ${pattern}`,
  uniqueItems: (_: true, { params }) =>
    `every item once, but items ${Math.min(params.i, params.j) + 1} and ${Math.max(params.i, params.j) + 1} are equal`,
};

/** Says in words which value a schema expects, such as `a whole number` or `one of: fast, slow`. */
export function expectation(error: ErrorObject): string {
  return words[error.keyword]?.(error.schema as never, error) ?? `what ${error.message}`;
}

function joinOr(names: readonly string[]): string {
  return [...new Set(names)].join(' or ');
}

function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
