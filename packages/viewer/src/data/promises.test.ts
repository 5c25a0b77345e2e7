import { expect, test } from 'vitest';
import { mentionsPath } from './names.ts';
import { listPromises } from './promises.ts';

const changed = new Map([
  ['agent1', ['src/store.py', 'src/api/routes.py']],
  ['agent2', undefined],
]);

const readOutput = (text: string, from = 'agent1') =>
  listPromises(
    [{ from, to: 'all', text, time: 0, accepted_by: [], read: {}, reads_recorded: true }],
    changed,
  ).map(({ sentence, refrains, kept }) => [sentence, refrains, kept]);

test.for([
  ["I'll edit store.py. Then I rest.", [["I'll edit store.py.", false, true]]],
  ['I won’t touch src/store.py', [['I won’t touch src/store.py', true, false]]],
  ['I will leave routes.py to you.', [['I will leave routes.py to you.', true, false]]],
  ['store.py is broken. I will look.', []],
  ['I will edit my_store.py and store.pyc', []],
] as const)('%j', ([text, expected]) => {
  expect(readOutput(text)).toEqual(expected);
});

test('what became of the promise of a seat whose patch is missing is not known', () => {
  expect(readOutput("I'll edit store.py", 'agent2')).toEqual([["I'll edit store.py", false, null]]);
});

test('a name inside of another name is not named', () => {
  expect(mentionsPath('see src/store.py:10', 'src/store.py')).toBe(true);
  expect(mentionsPath('cat ./store.py', 'src/store.py')).toBe(true);
  expect(mentionsPath('restore.py store.pyi .store.py', 'src/store.py')).toBe(false);
});

test.for(['', 'src/', '/'])('no text names the path %j', (path) => {
  expect(mentionsPath('cat src/ and', path)).toBe(false);
});
