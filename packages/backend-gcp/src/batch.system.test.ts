import type { Job } from '@cooperbench/core';
import { FakeBatch } from '@cooperbench/test-support/gcp/fake-batch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGcpBackend } from './index.ts';

const environment = { ...process.env };
let fake: FakeBatch;

beforeAll(async () => {
  fake = await FakeBatch.start('plain');
  await fake.addImage('registry.test/task:1', async () => {});
  Object.assign(process.env, fake.environment);
});

afterAll(async () => {
  process.env = environment;
  await fake[Symbol.asyncDispose]();
});

async function* jobs(): AsyncGenerator<Job> {
  yield {
    id: 'a',
    spec: {
      ...{ name: 'a', labels: { run: 'My run' }, image: 'registry.test/task:1', taskDir: '/x' },
      ...{ untrusted: true, lifetimeMs: 60_000 },
    },
    program: 'read -r mark; echo "$mark well"',
    files: new Map(),
    outputs: new Map(),
    timeoutMs: 60_000,
  };
}

test('without a bucket, evaluations run on VMs', async () => {
  await using backend = await createGcpBackend({ project: 'p' });
  expect(backend.runJobs).toBeUndefined();
});

test('with a bucket, they run on Google Batch, on machines as the options say', async () => {
  await using backend = await createGcpBackend({
    project: 'p',
    bucket: 'evaluations',
    zones: 'europe-west1-b, europe-west1-c',
    spot: true,
    access: 'iap',
  });
  const results = await Array.fromAsync(backend.runJobs?.(jobs(), { concurrency: 1 }) ?? []);
  expect(results).toEqual([
    { id: 'a', markedLines: ['well'], outputFiles: new Map(), endedEarly: undefined },
  ]);
  const spot = 2;
  const policy = { machineType: 'e2-standard-2', provisioningModel: spot, bootDisk: { sizeGb: '50' } };
  expect(fake.requests.at(-1)).toMatchObject({
    allocationPolicy: {
      location: {
        allowedLocations: ['regions/europe-west1', 'zones/europe-west1-b', 'zones/europe-west1-c'],
      },
      instances: [{ policy }],
      network: { networkInterfaces: [{ noExternalIpAddress: true }] },
    },
  });
  expect(await fake.left()).toEqual([]);
});
