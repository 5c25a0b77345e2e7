import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand, type Sandbox, SandboxError } from '@cooperbench/core';
import type { FakeCompute, Refusal } from '@cooperbench/test-support/gcp/fake-compute';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { backendOn, specOf, startFake } from './gcp.test.support.ts';
import type { GcpBackend } from './gcp-backend.ts';

let fake: FakeCompute;
let backend: GcpBackend;

beforeAll(async () => {
  fake = await startFake();
});

beforeEach(() => {
  fake.reset();
  backend = backendOn(fake);
});

/** After every test, nothing is left that an account would pay for. */
afterEach(async () => {
  await backend[Symbol.asyncDispose]();
  expect(await fake.billable()).toEqual([]);
});

afterAll(() => fake[Symbol.asyncDispose]());

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
}

const failure = async (work: PromiseLike<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown as SandboxError,
  );
  const { code, message, hint } = error;
  return { code, message, hint, retryable: SandboxError.is(error) && error.retryable };
};

const runScript = async (sandbox: Sandbox, script: string): Promise<string> =>
  (await runCommand(sandbox, ['sh', '-c', script], { cwd: '/' })).stdout.toString();

const full = {
  code: 'ZONE_RESOURCE_POOL_EXHAUSTED',
  message: "The zone 'projects/fake-project/zones/us-central1-a' does not have enough resources available.",
};

/** Ends this process's connections to VMs. */
function cutConnections(): number {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles(): unknown[] };
  const cut = handles
    .call(process)
    .filter((one) => one instanceof Socket && one.remotePort === fake.options.sshPort);
  for (const socket of cut) (socket as Socket).destroy();
  return cut.length;
}

test('a zone without capacity is passed over', async () => {
  fake.insertErrors.set('us-central1-a', full);
  await using sandbox = await backend.create(specOf());
  expect(await runScript(sandbox, 'echo well')).toBe('well\n');
  expect(fake.asked.map(({ zone }) => zone)).toEqual(['us-central1-a', 'us-central1-b']);
});

test('a VM without ssh-keyscan publishes the key that its SSH server is configured with', async () => {
  fake.hiddenPrograms = ['ssh-keyscan'];
  await using sandbox = await backend.create(specOf());
  expect(await runScript(sandbox, 'echo well')).toBe('well\n');
});

test('zones that are all full are named', async () => {
  backend = backendOn(fake, { zones: 'us-central1-a, us-central1-b' });
  for (const zone of ['us-central1-a', 'us-central1-b']) fake.insertErrors.set(zone, full);
  expect(await failure(backend.create(specOf()))).toEqual({
    code: 'MACHINE_CAPACITY',
    message: `Google Cloud has no room for a machine in us-central1-a, us-central1-b now: ${full.message}`,
    hint: 'Try again later, or set gcp.zones or gcp.machineType to others.',
    retryable: true,
  });
});

test('a quota that is used up is named, with a link', async () => {
  fake.insertErrors.set('us-central1-a', {
    code: 'QUOTA_EXCEEDED',
    message: "Quota 'CPUS' exceeded.  Limit: 24.0 in region us-central1.",
    errorDetails: [
      {
        quotaInfo: {
          metricName: 'compute.googleapis.com/cpus',
          limitName: 'CPUS-per-project-region',
          limit: 24,
          dimensions: { region: 'us-central1' },
        },
      },
    ],
  });
  expect(await failure(backend.create(specOf()))).toEqual({
    code: 'GCP_QUOTA',
    message:
      "The quota CPUS-per-project-region of us-central1 (24) is used up: Quota 'CPUS' exceeded.  Limit: 24.0 in region us-central1.",
    hint: 'Lower --concurrency, or raise the quota: https://console.cloud.google.com/iam-admin/quotas?project=fake-project&service=compute.googleapis.com&metric=compute.googleapis.com%2Fcpus',
    retryable: true,
  });
});

test.for([
  ['preempted', 'was preempted: Google Cloud needed the capacity of its spot VM'],
  ['deleted', 'was deleted from outside'],
  ['stopped', 'was stopped from outside'],
] as const)('a VM that is %s says so, to what runs and to what starts', async ([way, reason]) => {
  await using sandbox = await backend.create(specOf());
  const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
  await fake.end(sandbox.id, way);
  const expectedLoss = { code: 'SANDBOX_LOST', message: `The machine ${sandbox.id} ${reason}.` };
  expect(await failure(process.wait())).toMatchObject(expectedLoss);
  expect(await failure(sandbox.exec(['true']))).toMatchObject(expectedLoss);
});

test('a command outlives its connection to the SSH server of its VM', async () => {
  await using sandbox = await backend.create(specOf());
  const count =
    'n=0; until [ $n = 30 ]; do n=$((n + 1)); echo $n; sleep 0.1; done; echo run >> /tmp/runs; cat';
  const process = await sandbox.exec(['sh', '-c', count], { cwd: '/' });
  const output = text(process.stdout as ReadableStream);
  const writer = process.stdin.getWriter();
  for (const word of ['one ', 'two ']) {
    await delay(500);
    await expect.poll(cutConnections).toBeGreaterThan(0);
    await writer.write(Buffer.from(word));
  }
  await writer.close();
  const numbers = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`).join('');
  expect([await output, await process.wait()]).toEqual([`${numbers}one two `, 0]);
  expect(await runScript(sandbox, 'cat /tmp/runs')).toBe('run\n');
});

test('a container that is gone is not the failure of a command', async () => {
  await using sandbox = await backend.create(specOf());
  const process = await sandbox.exec(['sleep', '60'], { cwd: '/' });
  await fake.endContainer(sandbox.id);
  expect(await failure(process.wait())).toMatchObject({
    code: 'SANDBOX_EXEC',
    message: 'A process was lost: the shell on the machine was ended by a signal',
  });
  // Its own processes may have ended it.
  await expect(sandbox.exec(['true']).then((next) => next.wait())).rejects.toMatchObject({
    fromOutside: false,
  });
});

test('a VM that is restarted keeps its files and ends its processes', async () => {
  await using sandbox = await backend.create(specOf());
  await runScript(sandbox, 'echo kept > /tmp/file; (while :; do sleep 1; done) > /dev/null 2>&1 &');
  await sandbox.restart?.();
  // The program of the container's first process speaks of `sleep`, too.
  const commands = "cat /tmp/file; cat /proc/[0-9]*/cmdline | tr '\\0' ' '";
  expect(await runScript(sandbox, commands)).toMatch(/^kept\n(?!.*sleep 1)/s);
});

test('an operation that never ends is given up, and its VM deleted', async () => {
  fake.insertNeverEnds = true;
  backend.timings = { ...backend.timings, insertMs: 1000 };
  expect(await failure(backend.create(specOf()))).toMatchObject({
    code: 'GCP_OPERATION',
    message: expect.stringMatching(/^Google Cloud did not create the VM cooperbench-\S+ within 1 minutes\.$/),
    hint: expect.stringMatching(/^See gcloud compute operations describe \S+ --zone \S+$/),
    retryable: true,
  });
});

test('a VM that does not start is given up, and deleted', async () => {
  fake.silent = true;
  backend.timings = { ...backend.timings, bootMs: 500 };
  expect(await failure(backend.create(specOf()))).toMatchObject({
    code: 'MACHINE_BOOT',
    message: expect.stringMatching(/^The machine \S+ has not started after 1 minutes: it said nothing\.$/),
    hint: expect.stringContaining('gcloud compute instances get-serial-port-output cooperbench-'),
    retryable: true,
  });
});

test('a machine with another host key is given no command', async () => {
  fake.wrongHostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8pX0mHf3bXwG8G7mB1bq3hV6p2uZc1hJ4z1c1G0000';
  expect(await failure(backend.create(specOf()))).toMatchObject({
    code: 'MACHINE_HOST_KEY',
    message: expect.stringMatching(
      /^Another machine answers at 127\.77\.\S+: its host key is not the expected one\.$/,
    ),
  });
});

const refused = (status: number, message: string, overrides: Partial<Refusal> = {}): Refusal => ({
  status,
  message,
  ...overrides,
});

test('an API that is not enabled is named, with the link that enables it', async () => {
  const activationUrl =
    'https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=123';
  const metadata = { service: 'compute.googleapis.com', consumer: 'projects/123', activationUrl };
  const refusal = refused(
    403,
    'Compute Engine API has not been used in project 123 before or it is disabled.',
    {
      reason: 'SERVICE_DISABLED',
      metadata,
    },
  );
  fake.refusals.push({ method: 'GET instances', refusal, times: 100 });
  expect(await failure(backend.preflight())).toEqual({
    code: 'GCP_API_DISABLED',
    message: 'compute.googleapis.com is not enabled for the project 123.',
    hint: `Enable it: ${activationUrl}`,
    retryable: false,
  });
});

test('an account without the role, and a zone that does not exist, are configuration errors', async () => {
  const refusal = refused(403, "Required 'compute.instances.list' permission for 'projects/fake-project'");
  fake.refusals.push({ method: 'GET instances', refusal, times: 4 });
  expect(await failure(backend.preflight())).toMatchObject({
    code: 'GCP_DENIED',
    message:
      "Google Cloud denied access: Required 'compute.instances.list' permission for 'projects/fake-project'",
  });
  fake.refusals.length = 0;
  await using other = backendOn(fake, { zones: 'nowhere1-a' });
  expect(await failure(other.preflight())).toMatchObject({
    code: 'GCP_REFUSED',
    message: "Google Cloud refused: Invalid value for field 'zone': 'nowhere1-a'. Unknown zone.",
  });
});

test('calls that fail now and then are repeated', async () => {
  const refusal = refused(503, 'The service is currently unavailable.');
  for (const method of [
    'POST instances',
    'wait',
    'getGuestAttributes',
    'GET instances/',
    'DELETE instances/',
  ])
    fake.refusals.push({ method, refusal, times: 1 });
  await using sandbox = await backend.create(specOf());
  expect(await runScript(sandbox, 'echo well')).toBe('well\n');
});

test('options, labels and metadata reach Google, and no secret does', async () => {
  backend = backendOn(fake, {
    machineType: 'n2-standard-4',
    diskGiB: 20,
    spot: true,
    subnetwork: 'lab',
    access: 'internal',
    serviceAccount: 'puller@fake-project.iam.gserviceaccount.com',
  });
  const labels = { run: 'my run', trial: 'coop/a/1/f1_f2', seat: 'agent1' };
  await using sandbox = await backend.create(specOf({ name: 'one', labels, lifetimeMs: 90_500 }));
  const { resource } = fake.asked.at(-1) ?? {};
  expect(resource).toMatchObject({
    name: sandbox.id,
    labels: { cooperbench: 'sandbox', name: 'one', run: 'my_run', trial: 'coop_a_1_f1_f2', seat: 'agent1' },
    machineType: 'zones/us-central1-a/machineTypes/n2-standard-4',
    disks: [{ boot: true, autoDelete: true, initializeParams: { diskSizeGb: '20' } }],
    networkInterfaces: [{ subnetwork: 'regions/us-central1/subnetworks/lab' }],
    scheduling: {
      provisioningModel: 'SPOT',
      instanceTerminationAction: 'DELETE',
      automaticRestart: false,
      maxRunDuration: { seconds: '1291' },
    },
    serviceAccounts: [{ scopes: ['https://www.googleapis.com/auth/devstorage.read_only'] }],
  });
  expect(resource?.networkInterfaces[0]?.accessConfigs ?? []).toEqual([]);
  expect(JSON.stringify(fake.asked)).not.toContain('PRIVATE KEY');
  expect(await (await fake.vms.get(sandbox.id)?.machine)?.rules()).toContain(
    '-i docker0 -d 169.254.0.0/16 -j DROP',
  );
});

test('clean deletes the VMs of dead runs and no others', async () => {
  const kept = await backend.create(specOf());
  const left = await backend.create(specOf());
  const dead = Buffer.from(JSON.stringify({ pid: 0, host: 'elsewhere' })).toString('hex');
  const vm = fake.vms.get(left.id);
  for (const key of Object.keys(vm?.resource.labels ?? {}))
    if (key.startsWith('cooperbench-owner-')) delete vm?.resource.labels[key];
  Object.assign(vm?.resource.labels ?? {}, { 'cooperbench-owner-0': dead, 'cooperbench-made-at': '1' });
  expect(await backend.clean()).toEqual([]);
  expect(await backend.clean({ elsewhereOlderThanMs: 1000 })).toEqual([left.id]);
  await expect.poll(() => [...fake.vms.keys()]).toEqual([kept.id]);
});

test('a sandbox that cannot be deleted is deleted by the next disposal', async () => {
  const sandbox = await backend.create(specOf());
  const refusal = refused(403, 'Not now');
  fake.refusals.push({ method: 'DELETE instances/', refusal, times: 1 });
  expect(await failure(sandbox[Symbol.asyncDispose]())).toMatchObject({ code: 'GCP_DENIED' });
  await sandbox[Symbol.asyncDispose]();
});

test('layers are built over the image, and one that fails shows its last lines', async () => {
  const layers = [{ key: 'tool-1', install: 'echo tool > /tool', check: 'test -e /tool' }];
  await using sandbox = await backend.create(specOf({ layers }));
  expect(await runScript(sandbox, 'cat /tool')).toBe('tool\n');
  const brokenFiles = [{ key: 'tool-2', install: 'true', check: 'echo broken; exit 1' }];
  expect((await failure(backend.create(specOf({ layers: brokenFiles })))).message).toMatch(
    /^tool-2 could not be added to the task's image\. The build's last lines:\n[\s\S]*broken/,
  );
});

test.for([
  [
    { access: 'iap' },
    /^compute start-iap-tunnel cooperbench-\S+ \d+ --listen-on-stdin --project=fake-project --zone=us-central1-a/,
  ],
  [{ jumpHost: 'me@jump.test' }, /^-o BatchMode=yes -W 127\.77\.\d+\.\d+:\d+ -- me@jump\.test$/],
] as const)(
  'with %j, SSH goes through another program, and the VM has no address',
  async ([options, asked]) => {
    // What these programs do, as far as SSH sees it.
    const proxies = fake.proxies();
    try {
      backend = backendOn(fake, options);
      await using sandbox = await backend.create(specOf());
      expect(await runScript(sandbox, 'echo well')).toBe('well\n');
      expect(await proxies.asked()).toMatch(asked);
      expect(fake.asked.at(-1)?.resource.networkInterfaces[0]?.accessConfigs ?? []).toEqual([]);
    } finally {
      proxies.restore();
    }
  },
);
