import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { isTracked, readPatchFile } from './patch-file.ts';

const signal = AbortSignal.timeout(20_000);

test('the patch is the bytes of patch.txt, untouched', async () => {
  await using workspace = await hostSandbox();
  const bytes = Buffer.from([0x64, 0x0d, 0x0a, 0x00, 0xff, 0x20, 0x0a, 0x0a]);
  await writeFile(join(workspace.repoDir, 'patch.txt'), bytes);
  expect(await readPatchFile(workspace, signal)).toEqual(bytes);
});

test('an empty or missing patch.txt, a pipe and a directory are not patches', async () => {
  await using workspace = await hostSandbox();
  const path = join(workspace.repoDir, 'patch.txt');
  for (const make of [
    ['true'],
    ['touch', path],
    ['rm', path],
    ['mkfifo', path],
    ['rm', path],
    ['mkdir', path],
  ]) {
    execFileSync(make[0] ?? '', make.slice(1));
    expect(await readPatchFile(workspace, signal)).toBeUndefined();
  }
});

test('recognises a patch.txt of the base commit', async () => {
  await using with_ = await hostSandbox({ 'patch.txt': 'old\n' });
  await using without = await hostSandbox();
  expect(await isTracked(with_, signal)).toBe(true);
  expect(await isTracked(without, signal)).toBe(false);
});
