import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineBackend } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/core/host';
import { hostBackend, shellTask } from '@cooperbench/core/testing';
import { describe, expect, test } from 'vitest';
import { evaluate, type Reporter, run } from './index.ts';

const options = {
  runName: 'own',
  agent: 'nop',
  backend: 'host',
  datasetDir: shellTask(),
  logsDir: mkdtempSync(join(tmpdir(), 'cooperbench-library-')),
  autoEval: false,
  plugins: [
    { name: 'host', apiVersion: 1 as const, backends: { host: defineBackend({ create: hostBackend }) } },
  ],
};

function recording(): Reporter & { readonly types: RunEvent['type'][]; closed: number } {
  const types: RunEvent['type'][] = [];
  return {
    types,
    closed: 0,
    onEvent: ({ type }) => void types.push(type),
    close() {
      this.closed += 1;
    },
  };
}

test('a bus and the URL of another one contradict each other', async () => {
  await expect(run({ ...options, bus: 'memory', redisUrl: 'redis://h' })).rejects.toMatchObject({
    code: 'OPTIONS_CONTRADICT',
    message: 'There is a Redis URL, but the bus is "memory".',
  });
});

describe('a reporter of the program', () => {
  test('gets every event of a run and is closed after the last', async () => {
    const reporter = recording();
    const heard: RunEvent['type'][] = [];
    await run({ ...options, reporter, onEvent: ({ type }) => void heard.push(type) });
    expect(reporter.types).toEqual(heard);
    expect(heard).toEqual(expect.arrayContaining(['run_started', 'trial_finished', 'run_finished']));
    expect(reporter.closed).toBe(1);
  });

  test('is closed when nothing could be run', async () => {
    const reporter = recording();
    await expect(evaluate({ ...options, runName: 'none', reporter })).rejects.toThrow(
      'There is no run "none"',
    );
    expect(reporter).toMatchObject({ types: [], closed: 1 });
  });
});
