import { expect, test } from 'vitest';
import { namesOf, refuseTaken } from './names.ts';

test.for([
  ['foo', 'foo', 'cooperbench-backend-foo'],
  ['@acme/foo', 'foo', '@acme/cooperbench-backend-foo'],
  ['cooperbench-backend-foo', 'foo', 'cooperbench-backend-foo'],
  ['@acme/cooperbench-backend-two-words', 'two-words', '@acme/cooperbench-backend-two-words'],
  ['mini_swe_2', 'mini_swe_2', 'cooperbench-backend-mini_swe_2'],
])('%s provides %s in the package %s', ([input = '', name, full = '']) => {
  expect(namesOf('backend', input)).toEqual({ name, package: full, folder: full.replace(/^@acme\//, '') });
});

const invalid = 'cannot be the name of an npm package and of what it provides.';
const way =
  'Use lower-case letters, digits, and single dashes or underscores between them, with or without a @scope/.';

test.for([
  ...[
    '',
    'Foo',
    'a b',
    '.foo',
    '_foo',
    'foo-',
    'a--b',
    'a.b',
    '../foo',
    'é',
    'a/b',
    'foo\n',
    '@acme',
    '@acme/',
  ],
  ...['@/foo', '@Acme/foo', '@acme/foo/bar', '@../foo', 'cooperbench-backend-'],
])('%j is refused', (input) => {
  expect(() => namesOf('backend', input)).toThrow(
    expect.objectContaining({ code: 'PLUGIN_NAME', message: `"${input}" ${invalid}`, hint: way }),
  );
});

test('a name that is too long for npm is refused', () => {
  const name = 'x'.repeat(195);
  expect(() => namesOf('backend', name)).toThrow(
    `"${name}" makes a package name of 215 characters; npm allows 214.`,
  );
});

test('the full name of another kind is refused, with the command that was meant', () => {
  expect(() => namesOf('backend', '@acme/cooperbench-agent-foo')).toThrow(
    expect.objectContaining({
      code: 'PLUGIN_NAME',
      message: '"@acme/cooperbench-agent-foo" is not the name of a backend.',
      hint: 'For an agent: cooperbench plugins create agent @acme/cooperbench-agent-foo.',
    }),
  );
  expect(() => namesOf('agent', 'cooperbench-thing-foo')).toThrow(
    expect.objectContaining({
      message: '"cooperbench-thing-foo" is not the name of an agent.',
      hint: 'Leave out "cooperbench-thing-".',
    }),
  );
});

test('a kind of two words has names like the others', () => {
  const names = {
    ...{
      name: 'ours',
      package: '@acme/cooperbench-merge-policy-ours',
      folder: 'cooperbench-merge-policy-ours',
    },
  };
  expect(namesOf('merge-policy', '@acme/ours')).toEqual(names);
  expect(namesOf('merge-policy', names.package)).toEqual(names);
  expect(() => namesOf('backend', names.package)).toThrow(
    expect.objectContaining({
      message: `"${names.package}" is not the name of a backend.`,
      hint: `For a merge policy: cooperbench plugins create merge-policy ${names.package}.`,
    }),
  );
});

test('a name that another plugin provides is refused, and its own is not', () => {
  const registry = { list: () => [{ name: 'union', plugin: '@cooperbench/evaluator-tests', aliases: [] }] };
  const commands = [{ name: 'report', plugin: '@cooperbench/report' }];
  expect(() => refuseTaken('merge-policy', namesOf('merge-policy', 'union'), registry, commands)).toThrow(
    '"union" is taken: @cooperbench/evaluator-tests provides a merge policy of that name.',
  );
  expect(() => refuseTaken('command', namesOf('command', 'report'), registry, commands)).toThrow(
    '"report" is taken: @cooperbench/report provides a command of that name.',
  );
  const own = { ...namesOf('command', 'report'), package: '@cooperbench/report' };
  expect(() => refuseTaken('command', own, registry, commands)).not.toThrow();
});
