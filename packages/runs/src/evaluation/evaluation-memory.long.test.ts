import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Backend, jobInput } from '@cooperbench/core';
import { shellTask } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { tokens } from '../container.ts';
import { evaluatingContainer } from '../run/evaluated.test.support.ts';

const trials = 20;
const patchMiB = 2;

test('evaluation does not keep the patches of all trials in memory', async () => {
  const datasetDir = shellTask();
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  const seat = (id: number): object => ({ status: 'Completed', feature_id: id, file_stem: `agent${id}` });
  const patch = Buffer.alloc(patchMiB * 2 ** 20, '+a line of a patch\n');
  for (let k = 1; k <= trials; k += 1) {
    const folder = join(logsDir, 'x/coop/shell_task/1', k === 1 ? 'f1_f2' : `f1_f2@${k}`);
    mkdirSync(folder, { recursive: true });
    const result = { schema_version: 1, setting: 'coop', judged: 'merge' };
    const agents = { agent1: seat(1), agent2: seat(2) };
    writeFileSync(join(folder, 'result.json'), JSON.stringify({ ...result, agents }));
    for (const name of ['agent1', 'agent2']) writeFileSync(join(folder, `${name}.patch`), patch);
  }
  // What is still in use, not what waits to be collected.
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const memory = (): number => {
    collect();
    return process.memoryUsage().arrayBuffers / 2 ** 20;
  };
  const before = memory();
  let peak = before;
  let sentCount = 0;
  const backend: Backend = {
    create: () => Promise.reject(new Error('jobs need no sandbox here')),
    // As a batch engine may, it takes all jobs before it sends the first.
    async *runJobs(jobs) {
      for (const { id, files } of await Array.fromAsync(jobs)) {
        for (const piece of jobInput('mark', files)) {
          const due =
            Math.floor((sentCount + piece.length) / patch.length) > Math.floor(sentCount / patch.length);
          sentCount += piece.length;
          if (due) peak = Math.max(peak, memory());
        }
        yield { id, error: 'nothing runs here' };
      }
    },
  };
  try {
    const summary = await evaluatingContainer([
      { name: 'p', apiVersion: 1, backends: { host: { create: () => backend } } },
    ])
      .get(tokens.runs)
      .evaluate({ runName: 'x', backend: 'host', datasetDir, logsDir });
    expect(summary.errors).toBe(trials);
    // The job of the merged tree has both patches, that of each seat its own.
    expect(sentCount).toBeGreaterThan(trials * 4 * patch.length);
    expect(peak - before).toBeLessThan((trials * 2 * patchMiB) / 3);
  } finally {
    for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
  }
});
