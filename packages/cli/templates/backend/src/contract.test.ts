import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@cooperbench/core';
import { backendContract, shellTask, withKnownFailures } from '@cooperbench/testing';
import { afterAll, describe, test } from 'vitest';
import { createBackend } from './backend.ts';

const dataset = shellTask();
const folder = mkdtempSync(join(tmpdir(), 'contract-'));
afterAll(() => {
  for (const path of [dataset, folder]) rmSync(path, { recursive: true, force: true });
});

let count = 0;
const subject = {
  backend: createBackend({ folder }),
  spec: () => ({
    name: `contract-${process.pid}-${++count}`,
    labels: { run: 'contract' },
    image: 'none',
    taskDir: join(dataset, 'shell_task/task1'),
    untrusted: false,
    lifetimeMs: 600_000,
  }),
  /** The sandboxes that exist now. */
  present: async () => readdirSync(folder),
  /** What `work` leaves behind. */
  async recordChanges(work: (fresh: Backend) => Promise<void>) {
    const before = readdirSync(folder);
    await work(createBackend({ folder }));
    return readdirSync(folder).filter((name) => !before.includes(name));
  },
};

/** Promises that cannot be kept, each with the reason. The test fails once one of them is kept. */
const knownFailures = {};

/**
 * This backend isolates nothing: remove `isolation` when yours isolates. Remove `plugin`, and give it to the subject, when
 * agents run in processes of this machine.
 */
const left = ['isolation', 'plugin'];
const cases = backendContract.filter(({ needs = '' }) => !left.includes(needs));

describe('the backend contract', () => {
  test.for(withKnownFailures(cases, knownFailures))('$name', { timeout: 120_000 }, ({ check }) =>
    check(subject),
  );
});
