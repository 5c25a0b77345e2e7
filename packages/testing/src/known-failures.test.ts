import { expect, test } from 'vitest';
import { withKnownFailures } from './known-failures.ts';

const cases = [
  { name: 'one', needs: 'task', check: async (right: boolean) => expect(right).toBe(true) },
  { name: 'two', check: async (_right: boolean) => {} },
];
const [first, second] = withKnownFailures(cases, { one: 'The provider cannot.' });

test('a case that fails for a stated reason passes, and says why in its name', async () => {
  expect(first).toMatchObject({ name: 'one (known to fail: The provider cannot.)', needs: 'task' });
  await first?.check(false);
});

test('one that passes unexpectedly fails', async () => {
  await expect(first?.check(true)).rejects.toThrow(
    'The case passes, but it is listed as a known failure: The provider cannot. Remove it from the list.',
  );
});

test('other cases stay as they are', () => {
  expect(second).toBe(cases[1]);
});

test('an unknown name and an empty reason are refused', () => {
  expect(() => withKnownFailures(cases, { three: 'Why.' })).toThrow(
    'This contract has no case "three", which is listed as a known failure.',
  );
  expect(() => withKnownFailures(cases, { two: ' ' })).toThrow('The known failure "two" has no reason.');
});
