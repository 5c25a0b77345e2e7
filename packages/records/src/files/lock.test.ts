import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisOwner } from '@cooperbench/core';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { isInUse, lockRun, refuseInUse } from './lock.ts';
import { contendForLocks } from './lock-rounds.test.support.ts';

let runDir: string;
let path: string;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-lock-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  runDir = join(root, 'x');
  path = join(runDir, '.lock');
});

const write = (content: string): void => {
  mkdirSync(runDir, { recursive: true });
  writeFileSync(path, content);
};
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail('nothing was refused'),
    ({ code, message, hint }) => ({ code, message, hint }),
  );

test('of four processes that take over the lock of a dead one, exactly one has it', async () => {
  await contendForLocks(40);
});

test('a lock names its holder and since when, and leaves nothing', async () => {
  const before = new Date().toISOString();
  const lock = await lockRun(runDir);
  expect(readdirSync(runDir)).toEqual(['.lock']);
  const { since } = JSON.parse(readFileSync(path, 'utf8'));
  expect(since >= before && since <= new Date().toISOString()).toBe(true);
  const inUse = {
    code: 'RUN_LOCKED',
    message: `${runDir} is in use by process ${process.pid} on ${hostname()} since ${since}.`,
    hint: 'Wait for it to end, or give this run another name.',
  };
  expect(await refusal(lockRun(runDir))).toEqual(inUse);
  expect(await refusal(refuseInUse(runDir))).toEqual(inUse);
  expect(await isInUse(runDir)).toBe(true);
  await lock[Symbol.asyncDispose]();
  expect(readdirSync(runDir)).toEqual([]);
  await refuseInUse(runDir);
  expect(await isInUse(runDir)).toBe(false);
});

test('the lock of a process that nobody can check is refused', async () => {
  write(JSON.stringify({ ...thisOwner(), host: 'elsewhere' }));
  expect(await refusal(lockRun(runDir))).toEqual({
    code: 'RUN_LOCKED',
    message: `${runDir} is in use by process ${process.pid} on elsewhere.`,
    hint: `Wait for it to end. If it is dead, remove ${path}.`,
  });
});

test('what is not a lock is refused, and stays', async () => {
  const refused = {
    code: 'RUN_LOCKED',
    message: `${path} is not a lock of CooperBench.`,
    hint: 'If no process uses it, remove it.',
  };
  for (const content of ['', '{', '{"pid":"1"}']) {
    write(content);
    expect(await refusal(lockRun(runDir))).toEqual(refused);
    expect(readFileSync(path, 'utf8')).toBe(content);
  }
  rmSync(path);
  symlinkSync('nowhere', path);
  expect(await refusal(lockRun(runDir))).toEqual(refused);
  rmSync(path);
  mkdirSync(path);
  expect(await refusal(lockRun(runDir))).toEqual(refused);
  expect(readdirSync(runDir)).toEqual(['.lock']);
});

test('a file system without links has locks as well', async () => {
  const { link } = fs;
  onTestFinished(() => {
    fs.link = link;
    syncBuiltinESMExports();
  });
  fs.link = () => Promise.reject(Object.assign(new Error('not supported'), { code: 'EOPNOTSUPP' }));
  syncBuiltinESMExports();
  write(JSON.stringify({ ...thisOwner(), startedAt: '1' }));
  const lock = await lockRun(runDir);
  expect(await refusal(lockRun(runDir))).toMatchObject({ code: 'RUN_LOCKED' });
  await lock[Symbol.asyncDispose]();
  expect(readdirSync(runDir)).toEqual([]);
});

test('a release removes only its own lock', async () => {
  const lock = await lockRun(runDir);
  write('of another');
  await lock[Symbol.asyncDispose]();
  expect(readFileSync(path, 'utf8')).toBe('of another');
});
