import { expect, test } from 'vitest';
import { listValidationMessages } from '../validation/validate.ts';
import { imageDefaults, imageOptions, objectSchema, option, pickDefined } from './options.ts';

const schema = objectSchema({
  pull: option.oneOf(['missing', 'never'], 'When.', { default: 'missing' }),
  cpus: option.number(0.5, 'How many.'),
  ...imageOptions,
});

test('every option may be left out, and no other key is taken', () => {
  expect(listValidationMessages(schema, {})).toEqual([]);
  expect(listValidationMessages(schema, { pull: 'never', cpus: 2, ...imageDefaults })).toEqual([]);
  expect(listValidationMessages(schema, { cpu: 2 })).toHaveLength(1);
});

test.for([{ pull: 'often' }, { cpus: 0 }, { workdir: 'relative' }, { baseImage: '' }, { build: 'yes' }])(
  'a wrong value is refused: %j',
  (options) => {
    expect(listValidationMessages(schema, options)).not.toEqual([]);
  },
);

test('a message says what an option should be', () => {
  expect(listValidationMessages(schema, { pull: 7, cpus: 0, workdir: 'relative', baseImage: '' })).toEqual([
    'pull: found 7, expected one of: missing, never',
    'cpus: found 0, expected 0.5 or more',
    'workdir: found "relative", expected an absolute path',
    'baseImage: found "", expected a string that is not empty',
  ]);
});

test('objects, lists and records are checked inside, and miss what is required', () => {
  interface Deep {
    readonly each: readonly string[];
    readonly by?: Readonly<Record<string, { readonly size?: number }>>;
  }
  const deep = objectSchema<Deep>(
    {
      each: option.list({ type: 'string' }, 'All.', { minItems: 1 }),
      by: option.record(objectSchema({ size: option.integer(0, 'How large.') }), 'By name.'),
    },
    { required: ['each'] },
  );
  expect(listValidationMessages(deep, { each: ['a'], by: { a: { size: 1 }, b: {} } })).toEqual([]);
  expect(listValidationMessages(deep, { by: { a: { size: -1 }, b: { sise: 1 } } })).toEqual([
    'the key "each" is missing',
    'by.a.size: found -1, expected 0 or more',
    'by.b: unknown key "sise"; did you mean "size"?',
  ]);
});

test('only options that have a value are given on', () => {
  const options: { a?: string | undefined; b?: number; c?: boolean } = { a: undefined, b: 0 };
  expect(pickDefined(options, 'a', 'b', 'c')).toEqual({ b: 0 });
});
