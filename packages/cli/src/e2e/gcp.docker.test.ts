import { join } from 'node:path';
import { FakeCompute } from '@cooperbench/test-support/gcp/fake-compute';
import { afterAll, beforeAll, expect } from 'vitest';
import { createScratch, sampleDataset } from './cli.test.support.ts';
import { configureGcp } from './gcp.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('docker');

let fake: FakeCompute;

beforeAll(async () => {
  fake = await FakeCompute.start();
});

afterAll(() => fake[Symbol.asyncDispose]());

test(`one agent on Google Cloud and one here exchange messages and branches, and VMs evaluate their work${reason}`, async () => {
  const scratch = createScratch();
  configureGcp(scratch, { ...fake.options, baseImage: 'cooperbench-test/base:latest' });
  const args = [
    ...['run', '-n', 'x', '-r', 'recur_task', '-f', '2,3', '--git', '--dataset-dir', sampleDataset],
    ...['-m', `scripted/${join(sampleDataset, 'scripted/demo.yaml')}`, '--log-dir', scratch.logs],
    ...['--backend', 'gcp', '--seat-backend', 'agent2=local', '--unisolated'],
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
  // One for the seat, one for each tree under test.
  expect(fake.asked).toHaveLength(4);
  expect(await fake.billable()).toEqual([]);
});
