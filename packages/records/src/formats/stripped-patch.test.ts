import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { restoreStrippedPatch } from './stripped-patch.ts';

const repo = mkdtempSync(join(tmpdir(), 'cooperbench-stripped-'));
afterAll(() => rmSync(repo, { recursive: true, force: true }));
const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: repo, stdio: 'pipe' });
git('init', '-q');

/** Python's `str.strip()`. */
const stripped = (patch: Uint8Array): Buffer =>
  Buffer.from(
    Buffer.from(patch)
      .toString('latin1')
      .replace(/^[\t-\r ]+|[\t-\r ]+$/g, ''),
    'latin1',
  );

/**
 * Returns the tree that a patch makes of the base, applied in the ways of the evaluation program. Returns undefined if it does
 * not apply.
 */
function treeAfter(patch: Uint8Array): string | undefined {
  writeFileSync(join(repo, '.git/p'), patch);
  for (const how of [[], ['--3way'], ['--recount']]) {
    git('read-tree', 'HEAD');
    try {
      git('apply', '--whitespace=nowarn', '--cached', ...how, '.git/p');
      return String(git('write-tree'));
    } catch {}
  }
  return undefined;
}

/** Returns the diff between two contents of a file, which becomes the base. */
function diffOf(before: string | Uint8Array, after: string | Uint8Array): Buffer {
  writeFileSync(join(repo, 'f'), before);
  git('add', '-A');
  git('-c', 'user.name=a', '-c', 'user.email=a@a', 'commit', '-q', '--allow-empty', '-m', 'base');
  writeFileSync(join(repo, 'f'), after);
  return git('diff', '--binary');
}

describe('a stripped patch makes the same tree', () => {
  const cases: Readonly<Record<string, readonly [before: string | Uint8Array, after: string | Uint8Array]>> =
    {
      'that lost a newline': ['a\nb\nc\n', 'a\nnew\nb\nc\n'],
      'that lost an empty line of context': ['a\n\nb\nc\n\nd\n', 'a\n\nnew\nb\nc\n\nd\n'],
      'that lost a line of white space, with context before it': ['a\nb\n  \t\nd\n', 'new\na\nb\n  \t\nd\n'],
      'that lost all its context, in the middle of a file': ['a\n\n\n\nb\n', 'a\nnew\n\n\n\nb\n'],
      'that lost all its context, at the end of a file': ['a\nb\n\n\n', 'a\nb\nnew\n\n\n'],
      'that lost context after a removed line': ['a\nb\n\n\n\nc\n', 'a\n\n\n\nc\n'],
      'of lines that end with CR LF': ['a\r\n\r\nb\r\nc\r\n', 'a\r\nnew\r\n\r\nb\r\nc\r\n'],
      'of such lines that lost all its context': ['a\r\n\r\n\r\n\r\nb\r\n', 'a\r\nx\r\n\r\n\r\n\r\nb\r\n'],
      'of a binary file': [Uint8Array.of(0, 1, 2, 255), Uint8Array.of(0, 1, 2, 254, 0)],
      'of bytes that are not UTF-8': [Uint8Array.of(0xe9, 10, 10), Uint8Array.of(0xe9, 10, 0xa0, 10, 10)],
    };

  test.for(Object.entries(cases))('%s', ([, [before, after]]) => {
    const patch = diffOf(before, after);
    const expected = treeAfter(patch);
    expect(expected).toBeDefined();
    expect(treeAfter(stripped(patch))).not.toBe(expected);
    expect(treeAfter(restoreStrippedPatch(stripped(patch)))).toBe(expected);
  });
});

test('golden patches come back, without empty lines of context that git does not need', () => {
  const dataset = join(import.meta.dirname, '../../../../dataset');
  const patches = globSync('*_task/task*/feature*/feature.patch', { cwd: dataset });
  expect(patches.length).toBeGreaterThan(10);
  for (const name of patches) {
    const patch = readFileSync(join(dataset, name));
    const restored = Buffer.from(restoreStrippedPatch(stripped(patch))).toString();
    expect([`${patch}`, `${patch}`.replace(/(?:\n )+\n$/, '\n')], name).toContain(restored);
  }
});

test.for([
  ['only white space is no patch', ' \n\n', ''],
  ['a patch with its last newline stays', '@@ -1 +1 @@\n-a\n+b\n', '@@ -1 +1 @@\n-a\n+b\n'],
  ['a text without a hunk gets a newline', 'nonsense', 'nonsense\n'],
  ['a wrong count stays wrong', '@@ -1,2 +1,9 @@\n-a\n+b', '@@ -1,2 +1,9 @@\n-a\n+b\n'],
  [
    'so does an absurd one',
    '@@ -1,999999999 +1,999999999 @@\n+b\n-a',
    '@@ -1,999999999 +1,999999999 @@\n+b\n-a\n',
  ],
])('%s', ([, patch, expected]) => {
  expect(Buffer.from(restoreStrippedPatch(Buffer.from(patch ?? ''))).toString()).toBe(expected);
});
