import { expect, test } from 'vitest';
import { checkOwner, isLeftover, type Owner, readOwner, thisOwner } from './owner.ts';

const here = thisOwner();
const elsewhere: Owner = { ...here, host: 'elsewhere', startedAt: '1' };
const hourMs = 3_600_000;

test('an owner is dead only when that is certain, and nothing is known of one that cannot be looked at', () => {
  expect(checkOwner(here)).toBe('alive');
  expect(checkOwner({ ...here, startedAt: undefined })).toBe('alive');
  expect(checkOwner({ ...here, startedAt: '1' })).toBe('dead');
  expect(checkOwner({ ...here, startedAt: undefined, pid: 2 ** 30 })).toBe('dead');
  expect(checkOwner({ ...here, boot: 'earlier' })).toBe('dead');
  expect(checkOwner(elsewhere)).toBe('unknown');
  expect(checkOwner({ ...here, machine: 'of the same name', boot: 'other' })).toBe('unknown');
  expect(checkOwner({ ...here, pidNamespace: 'pid:[1]', startedAt: '1' })).toBe('unknown');
});

test('what a dead owner made is left over, whatever its age', () => {
  expect(isLeftover({ ...here, startedAt: '1' }, Date.now())).toBe(true);
});

test('what an owner elsewhere made is left over only when asked for and old enough', () => {
  const madeAtMs = Date.now() - 2 * hourMs;
  expect(isLeftover(elsewhere, madeAtMs)).toBe(false);
  expect(isLeftover(elsewhere, madeAtMs, { elsewhereOlderThanMs: 3 * hourMs })).toBe(false);
  expect(isLeftover(elsewhere, madeAtMs, { elsewhereOlderThanMs: hourMs })).toBe(true);
});

test('what a live owner of this host made is never left over, however old', () => {
  expect(isLeftover(here, 0, { elsewhereOlderThanMs: 1 })).toBe(false);
});

test('an owner is parsed from its record, and a broken record has no owner', () => {
  expect(readOwner(JSON.stringify(here))).toEqual(JSON.parse(JSON.stringify(here)));
  for (const text of [undefined, '', 'nonsense', 'null', '5', '{}', '{"pid":"1","host":"a"}'])
    expect(readOwner(text)).toBeUndefined();
});
