import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@cooperbench/core';
import { afterAll, describe, expect, test } from 'vitest';
import { backendContract } from './backend-contract.ts';
import { backendFaults } from './backend-faults.ts';
import { type BackendCase, type BackendSubject, sharingSubject } from './backend-subject.ts';
import { hostBackend } from './host-backend.ts';
import { shellTask } from './shell-task.ts';
import { slowness } from './slowness.ts';

const dataset = shellTask();
const mark = `fault-${process.pid}-`;
let count = 0;

const subjectOf = (backend: Backend): BackendSubject => ({
  backend,
  spec: () => ({
    name: `${mark}${++count}`,
    labels: {},
    image: 'none',
    taskDir: join(dataset, 'shell_task/task1'),
    untrusted: false,
    lifetimeMs: 600_000,
  }),
  present: () => readdir(tmpdir()),
  async recordChanges(work) {
    const before = await madeBefore();
    await work(backend);
    return (await madeBefore()).filter((name) => !before.includes(name));
  },
});

/** Returns what the fault that makes a folder before a run has made in this process. */
const madeBefore = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`cooperbench-host-preflight-${process.pid}-`));

/** Node gives its children sockets, which have no name to open. */
const beyondHost = 'standard output and standard error can be opened by name';
const promised = backendContract.filter(
  ({ name, needs }) => needs !== 'isolation' && needs !== 'plugin' && name !== beyondHost,
);

describe('the backend contract passes a right backend:', () => {
  const subject = sharingSubject(subjectOf(hostBackend()));
  afterAll(() => subject[Symbol.asyncDispose]());
  test.concurrent.for(promised)('$name', (backendCase) => backendCase.check(subject));
});

describe('the backend contract catches a backend that', () => {
  test.concurrent.for(Object.entries(backendFaults))('%s', async ([, { caughtBy, backend }], { expect }) => {
    expect(await noticed(caseOf(caughtBy), backend())).toBe(true);
  });

  const isolating = backendContract.filter(({ needs }) => needs === 'isolation');
  test.concurrent.for(isolating)('isolates nothing: $name', async (backendCase, { expect }) => {
    expect(await noticed(backendCase, hostBackend())).toBe(true);
  });
});

test('faults are caught by cases of the right backend', () => {
  const caught = new Set(Object.values(backendFaults).map(({ caughtBy }) => caughtBy));
  expect(promised.map(({ name }) => name)).toEqual(expect.arrayContaining([...caught]));
});

function caseOf(name: string): BackendCase {
  return backendContract.find((backendCase) => backendCase.name === name) ?? expect.fail(`no case ${name}`);
}

/** Returns whether the case fails, or does not end in time. */
async function noticed(backendCase: BackendCase, backend: Backend): Promise<boolean> {
  const timeout = new Promise<string>((resolve) => setTimeout(resolve, 3000 * slowness, 'no end').unref());
  const passed = backendCase.check(subjectOf(backend)).then(
    () => 'passed',
    (error: unknown) => {
      // The fake's own mistake would catch every fault.
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      return 'failed';
    },
  );
  return (await Promise.race([passed, timeout])) !== 'passed';
}

/** Returns what faulty backends leave. */
afterAll(() => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`cooperbench-host-${mark}`))
        process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
  }
  const left = (name: string): boolean => name.includes(mark) || name.includes(`-preflight-${process.pid}-`);
  for (const name of readdirSync(tmpdir()).filter(left))
    rmSync(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 3 });
  rmSync(dataset, { recursive: true, force: true });
});
