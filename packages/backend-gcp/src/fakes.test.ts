import { FakeBatch } from '@cooperbench/test-support/gcp/fake-batch';
import { FakeCompute } from '@cooperbench/test-support/gcp/fake-compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildInstance } from './instance.ts';
import { settingsOf } from './options.ts';

/** Requests that are not from Google's clients, which would not send them. */
let compute: FakeCompute;
let batch: FakeBatch;
beforeAll(async () => {
  [compute, batch] = await Promise.all([FakeCompute.start(), FakeBatch.start('plain')]);
});
afterAll(async () => {
  await Promise.all([compute[Symbol.asyncDispose](), batch[Symbol.asyncDispose]()]);
});

const post = async (url: string, body: object): Promise<unknown> => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, ...((await answer.json()) as object) };
};
const insert = (extra: object): Promise<unknown> => {
  const machine = {
    ...{ name: 'vm-1', zone: 'us-central1-a', labels: { run: 'x' }, lifetimeMs: 60_000, withinMs: 1000 },
    ...{ sshUser: 'me', publicKey: 'ssh-ed25519 AAAA' },
  };
  const base = compute.environment.CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE;
  const requestId = 'c0ffee00-0000-4000-8000-000000000000';
  return post(`${base}projects/fake-project/zones/us-central1-a/instances?requestId=${requestId}`, {
    ...buildInstance(machine, settingsOf({ project: 'fake-project' })),
    ...extra,
  });
};

test.for<[string, object, string]>([
  ['an unknown field', { machinetype: 'x' }, `Unknown name "machinetype" at 'Instance': Cannot find field.`],
  [
    'an unknown field of a part',
    { scheduling: { maxRunDuration: { minutes: 5 } } },
    `Unknown name "minutes" at 'Instance.scheduling.maxRunDuration': Cannot find field.`,
  ],
  [
    'a name that an enum does not have',
    { scheduling: { provisioningModel: 'CHEAP' } },
    `Invalid value at 'Instance.scheduling.provisioningModel': "CHEAP"`,
  ],
  ['a value of another type', { labels: { a: 1 } }, `Invalid value at 'Instance.labels': 1`],
  ['no list where there is one', { disks: { boot: true } }, 'Instance.disks is no list'],
  ['a name with capitals', { name: 'VM' }, `'resource.name': 'VM'`],
])('the fake Compute Engine refuses %s', async ([, extra, reason]) => {
  expect(await insert(extra)).toMatchObject({
    status: 400,
    error: { message: `Invalid value for field ${reason}` },
  });
  expect(compute.vms.size).toBe(0);
});

const job = {
  labels: {},
  taskGroups: [{ taskCount: 1, parallelism: 1, taskSpec: { runnables: [], maxRetryCount: 3 } }],
  allocationPolicy: {},
};
test.for<[string, object, string]>([
  ['an unknown field', { taskgroups: [] }, `Unknown name "taskgroups" at 'Job': Cannot find field.`],
  [
    'a name that an enum does not have',
    { allocationPolicy: { instances: [{ policy: { provisioningModel: 'CHEAP' } }] } },
    `Invalid value at 'Job.allocationPolicy.instances.policy.provisioningModel': "CHEAP"`,
  ],
  [
    'a duration that is no text',
    { taskGroups: [{ taskSpec: { maxRunDuration: { seconds: 60 } } }] },
    `Invalid value at 'Job.taskGroups.taskSpec.maxRunDuration': {"seconds":60}`,
  ],
])('the fake Batch refuses %s', async ([, extra, message]) => {
  const base = batch.environment.CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH;
  const url = `${base}/v1/projects/fake-project/locations/us-central1/jobs?jobId=job-1`;
  expect(await post(url, { ...job, ...extra })).toMatchObject({ status: 400, error: { message } });
});
