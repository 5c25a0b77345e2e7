import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { leftoverSessions, removeLeftovers, runJobsInBatches } from '@cooperbench/backend-kit';
import type { Job, JobReport, JobResult, RunJobsOptions } from '@cooperbench/core';
import { FakeBatch } from '@cooperbench/test-support/gcp/fake-batch';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openAccount } from '../account.ts';
import { batchOptions, bucket, image, jobOf } from './google-batch.test.support.ts';
import { type BatchOptions, GoogleBatch } from './google-batch.ts';

const environment = { ...process.env };
let fake: FakeBatch;

beforeAll(async () => {
  fake = await FakeBatch.start('plain');
  for (const name of [image, 'registry.test/other:1']) await fake.addImage(name, async () => {});
  Object.assign(process.env, fake.environment);
});

/** After any ending, nothing is left that an account would pay for. */
afterEach(async () => {
  const left = await fake.left();
  await fake.reset();
  expect(left).toEqual([]);
});

afterAll(async () => {
  process.env = environment;
  await fake[Symbol.asyncDispose]();
});

async function engineOf(options: Partial<BatchOptions> = {}): Promise<GoogleBatch> {
  const engine = new GoogleBatch(await openAccount('p'), { ...batchOptions, ...options });
  return Object.assign(engine, { pollMs: 20, endMs: 200 });
}

async function* stream(jobs: readonly Job[]): AsyncGenerator<Job> {
  yield* jobs;
}

async function resultsOf(jobs: readonly Job[], options: Partial<RunJobsOptions> = {}, engine?: GoogleBatch) {
  const results = runJobsInBatches(engine ?? (await engineOf()), stream(jobs), {
    concurrency: 10,
    ...options,
  });
  return (await Array.fromAsync(results)).sort((a, b) => a.id.localeCompare(b.id));
}

const well = (id: string): JobResult => ({
  id,
  markedLines: ['well'],
  outputFiles: new Map([['out', Buffer.from(`hello ${id}`)]]),
  endedEarly: undefined,
});

test('each image is one job, and each evaluation one of its tasks', async () => {
  const other = { spec: { ...jobOf('c').spec, image: 'registry.test/other:1' } };
  const results = await resultsOf([jobOf('a'), jobOf('b'), jobOf('c', other), jobOf('d')]);
  expect(results).toEqual(['a', 'b', 'c', 'd'].map(well));
  expect(fake.made).toHaveLength(2);
});

const steps = {
  program: 'read -r mark; mkdir "$2"; echo for steps > "$2/state"',
  outputs: new Map([['state', 1000]]),
};
const stepsOf = (...names: string[]) =>
  names.map((name) => ({ name, stdin: name === 'absent' ? name : 'state', timeoutMs: 60_000 }));

test('each step of a job is a command of its own, whose exit code Docker reports', async () => {
  const stepProgram = '[ "$4" != read ] || cat; echo "$4" kept from the program: $(ls "$2"); exit 3';
  const [result] = await resultsOf([
    jobOf('a', {
      ...steps,
      stepProgram,
      steps: [
        ...stepsOf('one', 'absent').map((step) => ({ ...step, afterFailure: step.name === 'absent' })),
        ...stepsOf('skipped').map((step) => ({ ...step, afterFailure: true })),
        ...stepsOf('read'),
        ...stepsOf('probe').map((step) => ({ ...step, afterFailure: true })),
        ...stepsOf('last').map((step) => ({ ...step, afterSuccess: true })),
      ],
    }),
  ]);
  const printed = (result as JobReport).steps;
  expect([...(printed ?? [])].map(([name, step]) => [name, step.exitCode, `${step.output}`])).toEqual([
    ['one', 3, 'one kept from the program:\n'],
    ['read', 3, 'for steps\nread kept from the program:\n'],
    ['probe', 3, 'probe kept from the program:\n'],
  ]);
});

test('a step that stops its own processes ends with its time, and the next one runs', async () => {
  const stepProgram = 'echo begun; [ "$4" != stopped ] || kill -STOP 0; exit 0';
  const [first, second] = stepsOf('stopped', 'next');
  const [result] = await resultsOf([
    jobOf('a', { ...steps, stepProgram, steps: [{ ...first!, timeoutMs: 1000 }, second!] }),
  ]);
  expect((result as JobReport).steps?.get('stopped')).toMatchObject({ exitCode: 124, endedFor: 'time' });
  expect((result as JobReport).steps?.get('next')).toMatchObject({ exitCode: 0 });
});

test('of a long output of a step, the lines with results come back', async () => {
  const stepProgram =
    'head -c 3000000 /dev/zero | tr "\\0" x; echo; echo "test a ... ok"; head -c 3000000 /dev/zero; echo end';
  const [result] = await resultsOf([jobOf('a', { ...steps, stepProgram, steps: stepsOf('long') })]);
  const { output } = (result as JobReport).steps?.get('long') ?? {};
  expect(output?.length).toBeLessThan(4.2e6);
  expect(String(output)).toContain('\ntest a ... ok\n');
  expect(String(output)).toMatch(/end\n$/);
});

test('what a program prints and leaves is the same as in a sandbox', async () => {
  const program = 'read -r mark; echo "$mark file out $(printf early | base64)"; echo "$mark one"';
  const [result] = await resultsOf([jobOf('a', { program: `${program}; echo oops >&2; exit 3` })]);
  expect(result).toEqual({
    id: 'a',
    markedLines: ['one'],
    outputFiles: new Map([['out', Buffer.from('early')]]),
    endedEarly: { exitCode: 3, stderr: 'oops' },
  });
});

test('a program that takes too long ends early, with what it has said', async () => {
  const [result] = await resultsOf([
    jobOf('a', { program: 'read -r mark; echo "$mark begun"; sleep 600', timeoutMs: 1000 }),
  ]);
  expect(result).toMatchObject({
    markedLines: ['begun'],
    endedEarly: { exitCode: 124, stderr: 'it took too long' },
  });
});

test('a program that prints without end does not keep its result from being written', async () => {
  const [result] = await resultsOf([
    jobOf('a', { program: 'read -r mark; echo "$mark begun"; yes >&2 & yes' }),
  ]);
  expect(result).toMatchObject({ id: 'a', markedLines: ['begun'], endedEarly: {} });
});

test('containers get no credentials of the machine, and limits', async () => {
  await resultsOf([jobOf('a')]);
  const [options = ''] = await fake.machineFiles('options');
  expect(options).toContain('--network=bridge\n');
  expect(options).toContain('--pids-limit=2048\n');
  expect(options).toMatch(/^--memory=[1-9]\d+k$/m);
  const [rules = ''] = await fake.machineFiles('iptables');
  const from = '--in-interface docker0';
  for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'])
    expect(rules).toContain(`--check DOCKER-USER ${from} --destination ${range} --jump REJECT\n`);
  expect(rules).toContain(`--check INPUT ${from} --jump REJECT\n`);
});

test('an evaluation without network has none, and others of its image keep theirs', async () => {
  const { spec } = jobOf('b');
  await resultsOf([jobOf('a'), jobOf('b', { spec: { ...spec, network: 'none' } })]);
  const options = await fake.machineFiles('options');
  const networks = options.flatMap((text) => text.match(/^--network=.*$/gm) ?? []);
  expect(networks.sort()).toEqual(['--network=bridge', '--network=none']);
  expect(fake.made).toHaveLength(2);
});

test('options decide the machines', async () => {
  const engine = await engineOf({
    spot: true,
    network: 'none',
    machineType: 'n2-standard-4',
    diskGiB: 80,
    region: 'europe-west1',
    zones: ['europe-west1-b', 'europe-west1-c'],
    subnetwork: 'tests',
    publicAddress: false,
    serviceAccount: 'me@p.iam.gserviceaccount.com',
  });
  await resultsOf([jobOf('a')], {}, engine);
  expect(fake.requests.at(-1)).toMatchObject({
    labels: { cooperbench: 'sandbox', run: 'my_run' },
    allocationPolicy: {
      location: {
        allowedLocations: ['regions/europe-west1', 'zones/europe-west1-b', 'zones/europe-west1-c'],
      },
      instances: [
        { policy: { machineType: 'n2-standard-4', bootDisk: { sizeGb: '80', image: 'batch-cos' } } },
      ],
      serviceAccount: { email: 'me@p.iam.gserviceaccount.com' },
      network: {
        networkInterfaces: [
          { subnetwork: 'projects/p/regions/europe-west1/subnetworks/tests', noExternalIpAddress: true },
        ],
      },
    },
  });
  const [options = ''] = await fake.machineFiles('options');
  expect(options).toContain('--network=none\n');
});

test('a job names a network only when its machines need another one', async () => {
  const network = async (options: object): Promise<unknown> => {
    await resultsOf([jobOf('a')], {}, await engineOf(options));
    return fake.requests.at(-1);
  };
  expect(await network({ publicAddress: true })).not.toHaveProperty('allocationPolicy.network');
  expect(await network({ publicAddress: false, region: 'europe-west1' })).toMatchObject({
    allocationPolicy: {
      network: {
        networkInterfaces: [
          {
            network: 'projects/p/global/networks/default',
            subnetwork: 'projects/p/regions/europe-west1/subnetworks/default',
            noExternalIpAddress: true,
          },
        ],
      },
    },
  });
});

test('a task that Batch ended because it took too long does not run again', async () => {
  fake.troubles = { tooSlow: true };
  const [result] = await resultsOf([jobOf('a')]);
  expect(result).toMatchObject({ error: expect.stringContaining('exit code 50005') });
  expect(fake.attempts).toBe(1);
});

test('the bucket is made when it is missing, and deletes what is left after a week', async () => {
  await resultsOf([jobOf('a')]);
  const lifecycle = {
    rule: [{ action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: ['cooperbench/'] } }],
  };
  expect(fake.storage.buckets.get(bucket)).toMatchObject({ location: 'us-central1', lifecycle });
  fake.storage.buckets.set(bucket, { location: 'EU' });
  await resultsOf([jobOf('a')]);
  expect(fake.storage.buckets.get(bucket)).toMatchObject({ location: 'EU', lifecycle });
});

test('as many tasks run at once as the user allows', async () => {
  const slow = { program: 'read -r mark; sleep 0.2; echo "$mark well"' };
  const other = { spec: { ...jobOf('x').spec, image: 'registry.test/other:1' } };
  const jobs = ['a', 'b', 'c', 'd'].flatMap((id) => [
    jobOf(id, slow),
    jobOf(`${id}2`, { ...slow, ...other }),
  ]);
  expect(await resultsOf(jobs, { concurrency: 2 })).toHaveLength(8);
  expect(fake.most).toBeLessThanOrEqual(2);
});

test('results arrive before the last task ends', async () => {
  const waits = {
    program: 'read -r mark; until [ -e "$1/../../go" ]; do sleep 0.05; done; echo "$mark well"',
  };
  const results = runJobsInBatches(await engineOf(), stream([jobOf('quick'), jobOf('slow', waits)]), {
    concurrency: 2,
  });
  const ids: string[] = [];
  for await (const { id } of results) {
    ids.push(id);
    await fake.writeInMachines('go', '');
  }
  expect(ids).toEqual(['quick', 'slow']);
});

test('a task whose spot machine is taken away runs again', async () => {
  fake.troubles = { preempted: new Map([[0, 2]]) };
  const slow = {
    program: 'read -r mark; sleep 0.3; mkdir "$2"; printf "hello a" > "$2/out"; echo "$mark well"',
  };
  expect(await resultsOf([jobOf('a', slow), jobOf('b')])).toEqual(['a', 'b'].map(well));
});

test('a task that loses every machine is an error, and the others keep their results', async () => {
  fake.troubles = { preempted: new Map([[1, 9]]) };
  const slow = {
    program: 'read -r mark; sleep 0.3; mkdir "$2"; cp "$1/greeting" "$2/out"; echo "$mark well"',
  };
  const error =
    'Google Batch: Task state is updated from RUNNING to FAILED due to Spot VM preemption with exit code 50001.';
  expect(await resultsOf(['a', 'b', 'c'].map((id) => jobOf(id, slow)))).toEqual([
    well('a'),
    { id: 'b', error },
    well('c'),
  ]);
});

test('an image that cannot be pulled is an error of its evaluations alone', async () => {
  const missing = { spec: { ...jobOf('a').spec, image: 'registry.test/missing:1' } };
  const [a, b] = await resultsOf([jobOf('a', missing), jobOf('b')]);
  expect(a).toMatchObject({ error: expect.stringContaining('pulling registry.test/missing:1 failed.') });
  expect(b).toEqual(well('b'));
});

test('an image of the sample dataset is refused, because anybody may publish one under its name', async () => {
  const sample = { spec: { ...jobOf('a').spec, image: 'cooperbench-sample/x:1' } };
  expect(await resultsOf([jobOf('a', sample)])).toEqual([
    {
      id: 'a',
      error:
        'Google Batch cannot pull cooperbench-sample/x:1: it is in no registry.\nLeave out the option "bucket" to evaluate on VMs.',
    },
  ]);
});

test('a quota that keeps a job waiting is named at once, and an error when nothing has happened for long', async () => {
  fake.troubles = {
    queuedBecause:
      'Quota checking process decided to delay scheduling for the job j due to inadequate quotas [Quota: CPUS, limit: 24, usage: 24, wanted: 2.].',
  };
  const notices: string[] = [];
  const engine = Object.assign(await engineOf(), { giveUpAfterMs: 100 });
  const results = await resultsOf(
    [jobOf('a', { timeoutMs: 100 })],
    { onNotice: (text) => notices.push(text) },
    engine,
  );
  const waits =
    'Google Batch waits for the quota CPUS. Raise it: https://console.cloud.google.com/iam-admin/quotas?project=p';
  expect(new Set(notices)).toEqual(new Set([waits]));
  expect(results).toEqual([{ id: 'a', error: `No task started or ended for 0 minutes. ${waits}` }]);
});

test('a job that never ends is given up and deleted', async () => {
  fake.troubles = { endless: true };
  const engine = Object.assign(await engineOf(), { giveUpAfterMs: 100 });
  const results = await resultsOf([jobOf('a', { timeoutMs: 100 })], {}, engine);
  expect(results).toEqual([{ id: 'a', error: 'No task started or ended for 0 minutes.' }]);
});

test('a deletion that never ends does not hold the results', async () => {
  fake.troubles = { undeletable: true };
  expect(await resultsOf([jobOf('a')])).toEqual([well('a')]);
  expect(await fake.storage.objects()).toEqual([]);
  fake.jobs.clear();
});

const disabled = (service: string) => ({
  status: 403,
  json: {
    error: {
      code: 403,
      message: `${service} has not been used in project p before or it is disabled.`,
      status: 'PERMISSION_DENIED',
      errors: [{ reason: 'accessNotConfigured', message: 'disabled' }],
      details: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'SERVICE_DISABLED',
          metadata: { service, consumer: 'projects/p' },
        },
      ],
    },
  },
});

test.for(['batch', 'storage'] as const)(
  'a disabled API (%s) is an error with the link that enables it',
  async (service) => {
    const host = `${service}.googleapis.com`;
    fake.refusals.push({
      service,
      method: service === 'batch' ? 'POST' : 'GET',
      answer: disabled(host),
      times: 99,
    });
    const [result] = await resultsOf([jobOf('a')]);
    fake.refusals.length = 0;
    expect(result).toEqual({
      id: 'a',
      error: `${host} is not enabled for the project p.\nEnable it: https://console.cloud.google.com/apis/library/${host}`,
    });
  },
);

test('requests that fail now and then are repeated', async () => {
  const busy = { status: 503, json: { error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } } };
  fake.refusals.push({ service: 'batch', method: 'POST', answer: busy, times: 2 });
  const notices: string[] = [];
  expect(await resultsOf([jobOf('a')], { onNotice: (text) => notices.push(text) })).toEqual([well('a')]);
  expect(notices[0]).toMatch(/^Google Cloud does not answer: busy\n/);
});

test('an abort rejects with its reason, and ends and deletes everything', async () => {
  const stop = new AbortController();
  const results = resultsOf([jobOf('a', { program: 'sleep 600' })], { signal: stop.signal });
  await expect.poll(() => fake.made).toHaveLength(1);
  stop.abort(new Error('enough'));
  await expect(results).rejects.toThrow('enough');
});

/** Starts a process that runs the jobs a and b, and kills it once it has submitted them. */
async function killedInTheMiddle(): Promise<void> {
  const script = fileURLToPath(new URL('google-batch.test.support.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@cooperbench/source', script], { stdio: 'inherit' });
  await expect.poll(() => fake.made).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a process that was killed finds its jobs again', async () => {
  await killedInTheMiddle();
  const notices: string[] = [];
  const results = await resultsOf(
    ['a', 'b', 'c'].map((id) => jobOf(id)),
    { onNotice: (text) => notices.push(text) },
  );
  expect(results).toEqual(['a', 'b', 'c'].map(well));
  expect(notices).toEqual(['Continuing 2 evaluations of a command that was stopped.']);
  expect(fake.made).toHaveLength(2);
});

test('clean deletes what a killed process left behind, and nothing of a live one', async () => {
  await killedInTheMiddle();
  const engine = await engineOf();
  const stop = new AbortController();
  const running = resultsOf([jobOf('z', { program: 'sleep 600' })], { signal: stop.signal });
  await expect.poll(() => fake.made).toHaveLength(2);
  const removed = await removeLeftovers(leftoverSessions(engine));
  expect(removed).toEqual([expect.stringMatching(/^evaluation-[0-9a-f]{12}$/)]);
  expect(fake.jobs.size).toBe(1);
  stop.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});

test('jobs whose objects are gone are found by their labels', async () => {
  await killedInTheMiddle();
  const engine = await engineOf();
  for (const session of await engine.objects.sessionsWith('owner.json')) await engine.objects.remove(session);
  expect(await removeLeftovers(leftoverSessions(engine))).toHaveLength(1);
});
