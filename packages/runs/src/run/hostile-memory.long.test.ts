import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHostileAgent, hostBackend, shellTask } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { tokens } from '../container.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

// `bench hostile-seats` measures the same with ten seats for ten seconds and patches near the limit, in a process of its own.
test('seats that flood for a second and hand in 40 MiB keep the memory of the run small, and every trial has a result', async () => {
  const datasetDir = shellTask();
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  const backend = hostBackend();
  const rss = (): number => process.memoryUsage.rss() / 2 ** 20;
  const before = rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, rss());
  }, 20);
  try {
    const { summary, stopped } = await evaluatingContainer([
      {
        ...{ name: 'p', apiVersion: 1, agents: { hostile: { create: () => createHostileAgent(1, 40) } } },
        backends: { host: { create: () => backend } },
      },
    ])
      .get(tokens.runs)
      .run({
        ...{ runName: 'x', agent: 'hostile', backend: 'host', features: [1, 2], repeat: 2, concurrency: 2 },
        ...{ autoEval: false, datasetDir, logsDir },
      });
    expect(stopped).toBeUndefined();
    expect(summary).toMatchObject({ completed: 2, failed: 0 });
    expect(peak - before).toBeLessThan(250);
  } finally {
    clearInterval(watch);
    for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
  }
});
