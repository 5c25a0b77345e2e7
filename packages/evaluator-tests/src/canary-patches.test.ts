import type { JobReport, JobResult, Task } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { CanaryPatches } from './canary-patches.ts';

const task = { directory: '/d', image: 'i' } as Task;
const tests = Buffer.from('tests');

/** Returns the words of a canary for pytest, as its file `canaries` has them. */
function wordsIn(files: ReadonlyMap<string, string>): { tokens: string; names: string[] } {
  const line = files
    .get('canaries')
    ?.split('\n')
    .find((name) => name.includes('|def test|'));
  const [, , tokens = '', code = ''] = line?.split('|') ?? [];
  return { tokens, names: [...code.matchAll(/c[a-z]{10}/g)].map(([name]) => name) };
}

async function keep(patches: CanaryPatches, result: JobResult): Promise<void> {
  await Array.fromAsync(
    patches.keepFrom(
      (async function* () {
        yield result;
      })(),
    ),
  );
}

const reportOf = (id: string, tokens: string, patch: string, root = 'abc'): JobReport => ({
  id,
  markedLines: [`canary 1 ${tokens}`],
  outputFiles: new Map([['canary', Buffer.from(`feature 1\nroot ${root}\nkept end\nend\n${patch}`)]]),
});

test('a later job gets the patch of an earlier one with words of its own', async () => {
  const patches = new CanaryPatches();
  const first = patches.filesFor('one', task, tests);
  expect(first.has('canary')).toBe(false);
  const { tokens, names } = wordsIn(first);
  await keep(patches, reportOf('one', tokens, `+ü ${names[0]} ${tokens.slice(0, 10)}\n`));
  const second = patches.filesFor('two', task, tests);
  const own = wordsIn(second);
  expect(own.tokens).not.toBe(tokens);
  expect(second.get('canary')).toBe(`abc ${own.tokens}\n+ü ${own.names[0]} ${own.tokens.slice(0, 10)}\n`);
  expect(patches.filesFor('three', { ...task, image: 'other' }, tests).has('canary')).toBe(false);
  expect(patches.filesFor('four', task, Buffer.from('other tests')).has('canary')).toBe(false);
});

const notText = Buffer.from('feature 1\nroot abc\nend\n+\xff\n', 'latin1');

test.each([
  ['has the words of another job', (tokens: string) => reportOf('one', `0${tokens.slice(1)}`, '+')],
  [
    'is not text',
    (tokens: string): JobResult => ({
      ...reportOf('one', tokens, ''),
      outputFiles: new Map([['canary', notText]]),
    }),
  ],
  ['is too long', (tokens: string) => reportOf('one', tokens, '+'.repeat(2 ** 20))],
  ['was lost', (): JobResult => ({ id: 'one', error: 'lost' })],
])('a patch that %s is not kept', async (_, resultFor) => {
  const patches = new CanaryPatches();
  await keep(patches, resultFor(wordsIn(patches.filesFor('one', task, tests)).tokens));
  expect(patches.filesFor('two', task, tests).has('canary')).toBe(false);
});
