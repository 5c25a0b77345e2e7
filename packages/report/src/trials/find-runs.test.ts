import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readExperimentRuns, readMatchingRuns } from './find-runs.ts';

function logs(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-runs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ['abl-coop', 'abl-solo', 'other+1']) {
    mkdirSync(join(folder, name));
    const origin = name.startsWith('abl') ? { files: [], experiment: 'abl' } : undefined;
    writeFileSync(join(folder, name, 'config.json'), JSON.stringify({ origin }));
  }
  return folder;
}

test('a pattern stands for the runs that it matches, and a name for itself', async () => {
  const folder = logs();
  expect(await readMatchingRuns(folder, ['abl-*', 'none'])).toEqual(['abl-coop', 'abl-solo', 'none']);
  expect(await readMatchingRuns(folder, ['other+?'])).toEqual(['other+1']);
  await expect(readMatchingRuns(folder, ['x*'])).rejects.toThrow(`No run of ${folder} matches "x*".`);
});

test('the runs of an experiment are those whose configuration says so', async () => {
  const folder = logs();
  expect(await readExperimentRuns(folder, 'abl')).toEqual(['abl-coop', 'abl-solo']);
  await expect(readExperimentRuns(folder, 'ab')).rejects.toThrow(
    `No run of ${folder} belongs to the experiment "ab".`,
  );
});
