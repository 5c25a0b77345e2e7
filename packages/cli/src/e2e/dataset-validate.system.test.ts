import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('mount');

test(`dataset validate refuses a read-only dataset before it tests anything${reason}`, async () => {
  const scratch = createScratch();
  const dataset = join(scratch.root, 'dataset');
  mkdirSync(dataset);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', dataset]);
  onTestFinished(() => void execFileSync('umount', ['-l', dataset]));
  shellDataset(dataset);
  execFileSync('mount', ['-o', 'remount,ro', dataset]);
  const { code, stdout, stderr } = await runInProcess(scratch, ['dataset', 'validate', '--backend', 'local']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /^Error: No reference can be written to \S+\/feature1: EROFS: read-only file system, .*\nReferences are stored in the dataset\. .*--dataset-dir\.\n$/,
  );
});
