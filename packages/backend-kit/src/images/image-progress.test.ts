import type { ImageProgress } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { LastLines, trackBuild } from './image-progress.ts';

const about = { image: 'task:1', phase: 'build' } as const;
const errorOf = (_: unknown, subject: string): Error => new Error(subject);

test('a build reports its lines, and whether there was anything to build', async () => {
  const records: ImageProgress[] = [];
  const onProgress = (progress: ImageProgress): void => void records.push(progress);
  const work = async (onText: (text: string) => void): Promise<void> =>
    onText('one\n\u001b[31mtwo\u001b[0m\n\n');
  expect(await trackBuild(about, onProgress, 'No', work, errorOf)).toBe(true);
  expect(records.map(({ state, text }) => [state, text])).toEqual([
    ['running', ''],
    ['running', 'two'],
    ['ready', 'two'],
  ]);
  expect(await trackBuild(about, undefined, 'No', async () => {}, errorOf)).toBe(false);
});

test('a build that fails gives its last lines to the error, which its progress shows', async () => {
  const records: ImageProgress[] = [];
  const failing = trackBuild(
    about,
    (progress) => records.push(progress),
    'It failed',
    async (onText) => {
      for (let n = 1; n <= 12; n += 1) onText(`line ${n}\n`);
      throw new Error('exit 3');
    },
    errorOf,
  );
  await expect(failing).rejects.toThrow(/^It failed\. The build's last lines:\nline 3\n[\s\S]*line 12\n$/);
  expect(records.at(-1)?.state).toBe('failed');
});

test("the builder's own lines and the rest of a long one are left out", () => {
  const last = new LastLines(/^ ---> /);
  expect(last.add(' ---> abc\n')).toBeUndefined();
  expect(last.add(`${'x'.repeat(900)}\n ---> def\n`)).toBe('x'.repeat(500));
  expect(`${last}`).toBe('x'.repeat(500));
});
