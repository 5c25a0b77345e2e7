import { expect, test } from 'vitest';
import type { JsonSchema } from '../contracts/json-schema.ts';
import { listValidationErrors, listValidationMessages } from './validate.ts';

/** `sensitive` stands for keywords of other tools. */
const odd = { type: 'string', format: 'of-mine', sensitive: true } as JsonSchema;

const schema: JsonSchema = {
  type: 'object',
  properties: {
    whole: { type: 'integer', minimum: 1, maximum: 9, multipleOf: 2 },
    part: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 },
    yes: { type: 'boolean' },
    text: { type: 'string', minLength: 1, maxLength: 3, pattern: '^a' },
    long: { type: 'string', minLength: 8 },
    mode: { anyOf: [{ const: 'fast' }, { const: 'slow' }] },
    setting: { type: 'string', enum: ['coop', 'solo'] },
    either: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    titled: { type: 'string', pattern: '^[0-9]+s$', title: 'a duration such as "45s"' },
    fixed: { const: 1 },
    list: { type: 'array', items: { type: 'integer' }, minItems: 2, maxItems: 3, uniqueItems: true },
    inner: {
      type: 'object',
      properties: { queue: { type: 'string' } },
      required: ['queue'],
      additionalProperties: false,
    },
    apiKey: { type: 'string' },
    page: { type: 'string', format: 'uri' },
    odd,
    some: { type: 'object', minProperties: 1, maxProperties: 2 },
  },
  additionalProperties: false,
};

test.for<[value: unknown, ...lines: string[]]>([
  [{ whole: 2, part: 0.5, yes: false, text: 'a', mode: 'slow', setting: 'solo', list: [1, 2] }],
  [[], 'found [], expected an object'],
  [{ whole: '7' }, 'whole: found "7", expected a whole number'],
  [{ whole: 0 }, 'whole: found 0, expected 1 or more'],
  [{ whole: 11 }, 'whole: found 11, expected 9 or less', 'whole: found 11, expected a multiple of 2'],
  [{ part: 0 }, 'part: found 0, expected more than 0'],
  [{ part: 1 }, 'part: found 1, expected less than 1'],
  [{ part: 'x' }, 'part: found "x", expected a number'],
  [{ yes: 'yes' }, 'yes: found "yes", expected true or false'],
  [{ text: 7 }, 'text: found 7, expected a string'],
  [
    { text: '' },
    'text: found "", expected a string that is not empty',
    'text: found "", expected a string that matches ^a',
  ],
  [{ text: 'abcd' }, 'text: found "abcd", expected at most 3 characters'],
  [{ long: 'abc' }, 'long: found "abc", expected at least 8 characters'],
  [{ mode: 'fats' }, 'mode: found "fats", expected one of: fast, slow'],
  [{ setting: 'duo' }, 'setting: found "duo", expected one of: coop, solo'],
  [{ either: 7 }, 'either: found 7, expected a string or a list'],
  [{ titled: 'soon' }, 'titled: found "soon", expected a duration such as "45s"'],
  [{ fixed: 2 }, 'fixed: found 2, expected 1'],
  [{ list: [1] }, 'list: found [1], expected at least 2 items'],
  [{ list: [1, 2, 3, 4] }, 'list: found [1,2,3,4], expected at most 3 items'],
  [{ list: [5, 6, 5] }, 'list: found [5,6,5], expected every item once, but items 1 and 3 are equal'],
  [{ list: [1, 'x'] }, 'list.1: found "x", expected a whole number'],
  [{ inner: {} }, 'inner: the key "queue" is missing'],
  [{ inner: { queue: 'q', qeue: 'q' } }, 'inner: unknown key "qeue"; did you mean "queue"?'],
  [{ apiKey: ['hunter2'] }, 'apiKey: found ["***"], expected a string'],
  [{ apiKey: 7 }, 'apiKey: found 7, expected a string'],
  [{ list: 'x'.repeat(100) }, `list: found "${'x'.repeat(79)}…, expected a list`],
  [{ page: 'a b' }, 'page: found "a b", expected a string in the format "uri"'],
  [{ page: 'https://a.b/c', odd: 'anything' }],
  [{ some: {} }, 'some: found an empty object, expected at least 1 key'],
  [{ some: { a: 1, b: 2, c: 3 } }, 'some: found an object with a, b, c, expected at most 2 keys'],
])('%j', ([value, ...lines]) => {
  expect(listValidationMessages(schema, value)).toEqual(lines);
});

test('a fault in parts leads to the unknown key itself', () => {
  expect(listValidationErrors(schema, { inner: { queue: 'q', other: 1 } })).toEqual([
    { path: ['inner', 'other'], text: 'unknown key "other"' },
  ]);
});

test('a value that code gives and JSON lacks is said as what it is', () => {
  expect(listValidationMessages(schema, { whole: () => 1, part: 1n, text: [undefined] })).toEqual([
    'whole: found a function, expected a whole number',
    'part: found 1, expected a number',
    'text: found [null], expected a string',
  ]);
  expect(listValidationMessages(schema, { whole: Number.POSITIVE_INFINITY })[0]).toMatch(
    /^whole: found Infinity, /,
  );
});

test('schemas of two plugins may have the same $id', () => {
  const one: JsonSchema = { $id: 'options', type: 'object' };
  const other: JsonSchema = { $id: 'options', type: 'string' };
  expect(listValidationMessages(one, {})).toEqual([]);
  expect(listValidationMessages(other, {})).toEqual(['found an empty object, expected a string']);
});

test('a schema of another draft is read as far as it means the same', () => {
  const later: JsonSchema = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'string' };
  expect(listValidationMessages(later, 'x')).toEqual([]);
  expect(listValidationMessages(later, 7)).toEqual(['found 7, expected a string']);
});

test.for([
  [{ type: 'object', required: 'queue' }, 'required value must be ["array"]'],
  [{ type: 'object', properties: { queue: { type: 'text' } } }, 'type must be JSONType or JSONType[]: text'],
] as const)('a wrong schema is refused, whatever the value: %j', ([wrong, message]) => {
  expect(() => listValidationMessages(wrong as unknown as JsonSchema, {})).toThrow(message);
});
