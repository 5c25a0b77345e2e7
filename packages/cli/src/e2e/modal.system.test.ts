import { join } from 'node:path';
import { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

let fake: FakeModal;

beforeAll(async () => {
  fake = await FakeModal.start('bubblewrap');
  // Its base image is this machine, which has git and Python.
  fake.registry.set('node:24-bookworm', async () => {});
});

afterAll(() => fake[Symbol.asyncDispose]());

test('one agent on Modal and one here exchange messages and branches, and Modal evaluates their work', async () => {
  const scratch = createScratch();
  const args = [
    ...['run', '-n', 'x', '-r', 'recur_task', '-f', '2,3', '--git', '--dataset-dir', sampleDataset],
    ...['-m', `scripted/${join(sampleDataset, 'scripted/demo.yaml')}`, '--log-dir', scratch.logs],
    ...['--backend', 'modal', '--seat-backend', 'agent2=local', '--unisolated'],
  ];
  const { code, stdout, stderr } = await cooperbench(scratch, args, { env: fake.environment });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: expect.any(String) });
  const trial = 'x/coop/recur_task/8/f2_f3';
  expect(readJson(scratch.logs, `${trial}/result.json`)).toMatchObject({
    agents: { agent1: { status: 'Completed' }, agent2: { status: 'Completed' } },
    git_enabled: true,
  });
  const lines = readJson<readonly { from: string }[]>(scratch.logs, `${trial}/conversation.json`);
  expect(new Set(lines.map(({ from }) => from))).toEqual(new Set(['agent1', 'agent2']));
  expect(readJson(scratch.logs, `${trial}/eval.json`)).toMatchObject({
    error: null,
    merge: { policy: 'union' },
  });
  expect(fake.sandboxes.size).toBeGreaterThan(1);
  expect(fake.running()).toEqual([]);
});
