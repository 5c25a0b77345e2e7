import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildContents, buildExpectedContents, smallDataset, withFile } from '@cooperbench/testing/hub';
import { expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch } from './cli.test.support.ts';
import { startHub } from './hub.test.support.ts';
import { needing } from './services.test.support.ts';

const patch = 'abc_task/task1/feature1/feature.patch';
const big = withFile(smallDataset, { path: patch, content: Buffer.alloc(300_000, 'big\n'), kind: 'lfs' });

const { test, reason } = needing('mount');

test(`a full disk is reported as such, and the same command completes later${reason}`, async () => {
  const [scratch, hub] = [createScratch(), await startHub(big)];
  const prepare = () => cooperbench(scratch, ['prepare'], { env: { HF_ENDPOINT: hub.url } });
  const root = join(scratch.root, 'dataset');
  mkdirSync(root);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', root]);
  onTestFinished(() => void execFileSync('umount', [root]));
  expect(await prepare()).toMatchObject({
    code: 1,
    stderr: `Error: No space is left for dataset.\nFree some space and repeat the command: complete files are kept.\n`,
  });
  execFileSync('mount', ['-o', 'remount,size=2m', root]);
  expect(await prepare()).toMatchObject({ code: 0 });
  expect(buildContents(root)).toEqual(buildExpectedContents(big));
});
