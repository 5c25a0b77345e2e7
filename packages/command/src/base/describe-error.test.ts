import { AssertionError } from 'node:assert';
import { readdirSync } from 'node:fs';
import { ConfigError } from '@cooperbench/core/errors';
import { expect, test } from 'vitest';
import { describeError, printable } from './describe-error.ts';

const evil = 'one\x1b[31m red\x1b]0;owned\x07\x9b2J\r\b\u202etwo\u2028\n\tthree';
const tame = 'one red��two�\n\tthree';

test('what is said of an error holds nothing that a terminal acts on', () => {
  expect(printable(evil).replaceAll('�', '')).toBe(tame.replaceAll('�', ''));
  for (const error of [new ConfigError('A', evil, { hint: evil }), new Error(evil)])
    expect(describeError(error, []).text.replaceAll(/[\n\t]/g, '')).not.toMatch(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u,
    );
});

test('an error of the clean-up is said after what ended the work, whose exit code counts', () => {
  const left = new ConfigError('LEFT', 'A sandbox is left.', { hint: 'Remove it.' });
  const abort = new DOMException('stop', 'AbortError');
  const both = Object.assign(new Error('x'), { name: 'SuppressedError', error: left, suppressed: abort });
  expect(describeError(both, [])).toEqual({
    code: 'INTERRUPTED',
    exitCode: 130,
    text: 'Interrupted.\nA sandbox is left.\nRemove it.',
  });
});

const caught = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test('only an error that nothing but our own mistake causes is called a bug', () => {
  const bug = 'This is a bug in cooperbench. Set DEBUG=1 to see where.';
  for (const error of [new TypeError('x'), new ReferenceError('x'), new AssertionError({ message: 'x' })])
    expect(describeError(error, [])).toEqual({ code: 'UNEXPECTED', exitCode: 1, text: `x\n${bug}` });
  const outside = [
    new Error('x'),
    new RangeError('Invalid string length'),
    new TypeError('fetch failed', { cause: new Error('x') }),
    caught(() => readdirSync('a\0b')),
    caught(() => readdirSync('/none')),
  ];
  for (const error of outside) expect(describeError(error, []).text).not.toContain('bug in cooperbench');
});

test('an error of the operating system is a sentence with its path and what to do', () => {
  expect(
    describeError(
      caught(() => readdirSync('/none')),
      [],
    ),
  ).toEqual({
    code: 'SYSTEM_ERROR',
    exitCode: 1,
    text: '/none does not exist (ENOENT).\nCheck the path.',
  });
});
