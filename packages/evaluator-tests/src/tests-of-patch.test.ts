import { expect, test } from 'vitest';
import { listTestsOfPatch } from './tests-of-patch.ts';

test('names the tests that only the golden patch defines', () => {
  const golden = [
    '+++ b/src/cache.rs',
    '+    fn evicts() {',
    '+    fn both() {',
    ' fn was_there() {',
    "+  test('keeps (some) order', () => {",
    '+def test_one(x):',
  ].join('\n');
  const hidden = '+++ b/tests/cache.rs\n+fn both() {\n+fn only_hidden() {\n';
  const ours = ['cache::tests::evicts', 'keeps (some) order', 'src/a.py::Case::test_one[x-1]'];
  const others = ['both', 'cache::tests::was_there', 'only_hidden', 'cache::tests::evict', 'order'];
  expect(listTestsOfPatch([...others, ...ours], golden, hidden)).toEqual(ours);
});
