import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TrialMailboxes } from '@cooperbench/core';
import { defaultTimeLimits, Registry } from '@cooperbench/core/host';
import type { ResultFile } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { createContainer, tokens } from './container.ts';

test('a program replaces the registry, the clock, the reporter, the bus and the time limits of its runs', async () => {
  const datasetDir = shellTask();
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-container-'));
  onTestFinished(() => {
    for (const folder of [datasetDir, logsDir]) rmSync(folder, { recursive: true, force: true });
  });
  const { registry: usual } = createContainer().get(tokens.host);
  const registry = new Registry();
  registry.add({
    name: 'mine',
    version: '1.0.0',
    apiVersion: 1,
    settings: { coop: usual.get('settings', 'coop') },
    channels: { messages: usual.get('channels', 'messages') },
    buses: { memory: usual.get('buses', 'memory') },
    agents: { idle: { create: () => ({ run: async () => ({ status: 'Completed' as const }) }) } },
    backends: { host: { create: () => hostBackend() } },
  });
  const mailboxes = new TrialMailboxes();
  const opened: string[] = [];
  const reported = new Set<string>();
  const container = createContainer()
    .provide(tokens.registry, () => registry)
    .provide(tokens.clock, () => ({ now: () => new Date('2026-01-01T00:00:00Z') }))
    .provide(
      tokens.reporter,
      () =>
        ({ type }) =>
          void reported.add(type),
    )
    .provide(tokens.limits, () => ({ ...defaultTimeLimits, call: 12_345 }))
    .provide(tokens.bus, () => ({
      async open(_trial, seat) {
        opened.push(seat);
        return mailboxes.open(seat);
      },
    }));
  expect(container.get(tokens.host).limits).toMatchObject({ call: 12_345 });

  await container.get(tokens.runs).run({
    ...{ runName: 'x', datasetDir, logsDir, setting: 'coop', agent: 'idle', modelName: 'm', backend: 'host' },
    ...{ channels: ['messages'], autoEval: false },
  });
  const file = join(logsDir, 'x/coop/shell_task/1/f1_f2/result.json');
  const result = JSON.parse(readFileSync(file, 'utf8')) as ResultFile;
  expect(result.started_at).toBe('2026-01-01T00:00:00.000Z');
  expect(opened).toEqual(['agent1', 'agent2']);
  expect([...reported]).toContain('trial_finished');
});
