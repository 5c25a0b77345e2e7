import { hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { Job, JobResult } from '../contracts/jobs.ts';
import { jobRunner } from './run-jobs.ts';

const jobOf = (id: string, program = 'read -r mark; echo "$mark ran"'): Job => ({
  id,
  spec: { name: id, labels: {}, image: 'x', taskDir: '/x', untrusted: false, lifetimeMs: 60_000 },
  program,
  files: new Map(),
  outputs: new Map(),
  timeoutMs: 60_000,
});
const backend = (overrides: Partial<Backend>): Backend => ({ create: () => hostSandbox(), ...overrides });
const results = (of: Backend, jobs: Iterable<Job>, signal?: AbortSignal): Promise<JobResult[]> =>
  Array.fromAsync(jobRunner(of, 'The backend', { concurrency: 2, signal })(jobs));

test('without runJobs, each job has a sandbox, and one without a sandbox does not keep others from theirs', async () => {
  const create: Backend['create'] = async ({ name }) => {
    if (name === 'b') throw new Error('no room left');
    return hostSandbox();
  };
  const all = await results(
    backend({ create }),
    ['a', 'b', 'c'].map((id) => jobOf(id)),
  );
  expect(all.sort((a, b) => a.id.localeCompare(b.id))).toEqual([
    { id: 'a', markedLines: ['ran'], outputFiles: new Map() },
    { id: 'b', error: 'no room left' },
    { id: 'c', markedLines: ['ran'], outputFiles: new Map() },
  ]);
});

test('jobs are made as sandboxes become free', async () => {
  let count = 0;
  const jobs = function* (): Generator<Job> {
    for (;;) {
      count += 1;
      yield jobOf(`${count}`);
    }
  };
  for await (const _ of jobRunner(backend({}), 'The backend', { concurrency: 2 })(jobs())) break;
  expect(count).toBeLessThan(6);
});

test('an abort rejects with its reason, and leaves no sandbox', async () => {
  const stop = new AbortController();
  let open = 0;
  const create = async (): Promise<Sandbox> => {
    const sandbox = await hostSandbox();
    open += 1;
    setTimeout(() => stop.abort(new Error('enough')), 50);
    return {
      ...sandbox,
      async [Symbol.asyncDispose]() {
        open -= 1;
        await sandbox[Symbol.asyncDispose]();
      },
    };
  };
  const running = results(backend({ create }), [jobOf('a', 'exec sleep 60')], stop.signal);
  await expect(running).rejects.toThrow('enough');
  expect(open).toBe(0);
});

test('a backend with runJobs gets the jobs, and may take them all before it answers', async () => {
  const runJobs: Backend['runJobs'] = async function* (jobs, { concurrency }) {
    for (const { id } of await Array.fromAsync(jobs)) yield { id, error: `${concurrency}` };
  };
  expect(await results(backend({ runJobs }), [jobOf('a'), jobOf('b')])).toEqual([
    { id: 'a', error: '2' },
    { id: 'b', error: '2' },
  ]);
});

test('a runJobs that throws is named as the fault of its plugin', async () => {
  const runJobs = (): never => {
    throw new TypeError('jobs.map is not a function');
  };
  await expect(results(backend({ runJobs }), [])).rejects.toMatchObject({
    code: 'PLUGIN_FAULT',
    message: 'The backend failed in runJobs: jobs.map is not a function',
  });
});
