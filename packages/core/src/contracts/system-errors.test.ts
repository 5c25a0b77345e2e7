import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, getMessage } from './errors.ts';
import { explainSystemError } from './system-errors.ts';

function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail('nothing failed');
}

test('an error of the operating system is a sentence with its path, its code and what to do', () => {
  expect(explainSystemError(errorOf(() => readdirSync('/none')))).toEqual({
    text: '/none does not exist (ENOENT).',
    hint: 'Check the path.',
  });
  const unknown = Object.assign(new Error('EXDEV: …'), {
    code: 'EXDEV',
    errno: -18,
    syscall: 'link',
    path: '/a',
  });
  expect(explainSystemError(unknown)).toEqual({
    text: 'The operating system refused link of /a: cross-device link not permitted (EXDEV).',
    hint: 'Check the state of this machine. Set DEBUG=1 to see where it happens.',
  });
});

test('the limit of open files is named with its number, in every message that quotes the error', () => {
  const [, limit] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  const full = Object.assign(new Error('EMFILE: too many open files, open /x'), {
    ...{ code: 'EMFILE', errno: -24, syscall: 'open', path: '/x' },
  });
  const text = `This process has as many files open as its limit allows, which is ${limit} (EMFILE).`;
  const hint = 'Raise the limit, for example with ulimit -n 4096, or lower --concurrency.';
  expect(explainSystemError(full)).toEqual({ text, hint });
  expect(getMessage(full)).toBe(`${text} ${hint}`);
});

test('a program that cannot start, because of an inherited file above the limit, is explained', () => {
  const refusal = Object.assign(new Error('spawn EINVAL'), { code: 'EINVAL', syscall: 'spawn' });
  expect(getMessage(refusal)).toMatch(
    /^This process inherited an open file with a number above its limit of open files, which is \d+ \(EINVAL\)\. Raise the limit/,
  );
});

test('other errors are not explained', () => {
  for (const error of [new Error('x'), new TypeError('x'), new ConfigError('X', 'x'), 'x', undefined])
    expect(explainSystemError(error)).toBeUndefined();
});

test('a long value in a message is shortened, and its length is said', () => {
  const long = 'x'.repeat(5000);
  expect(new ConfigError('X', `There is no agent "${long}" here, nor ${long}.`).message).toBe(
    `There is no agent "${'x'.repeat(100)}…" (5000 characters) here, nor ${'x'.repeat(100)}… (5001 characters)`,
  );
  const short = `"${'x'.repeat(900)}" ${'a word '.repeat(1000)}`;
  expect(new ConfigError('X', short).message).toBe(short);
});
