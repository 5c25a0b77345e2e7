import { expect, test } from 'vitest';
import { withKnownFailures } from './known-failures.ts';

const cases = [
  { name: 'one', needs: 'task', check: async (right: boolean) => expect(right).toBe(true) },
  { name: 'two', check: async (_right: boolean) => {} },
];
const [one, two] = withKnownFailures(cases, { one: 'The provider cannot.' });

test('a case that fails for a stated reason passes, and says why in its name', async () => {
  expect(one).toMatchObject({ name: 'one (known to fail: The provider cannot.)', needs: 'task' });
  await one?.check(false);
});

test('one that passes all the same fails', async () => {
  await expect(one?.check(true)).rejects.toThrow(
    'It passes, although it is known to fail: The provider cannot. Take it off the list.',
  );
});

test('other cases stay as they are', () => {
  expect(two).toBe(cases[1]);
});

test('a name that is no case’s, and one without a reason, are refused', () => {
  expect(() => withKnownFailures(cases, { three: 'Why.' })).toThrow(
    'The known failure "three" is no case of this contract.',
  );
  expect(() => withKnownFailures(cases, { two: ' ' })).toThrow('The known failure "two" has no reason.');
});
