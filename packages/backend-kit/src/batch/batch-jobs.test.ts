import type { Job, JobResult } from '@cooperbench/core';
import { SandboxError, thisOwner } from '@cooperbench/core';
import { afterEach, expect, test } from 'vitest';
import type { BatchEngine, BatchRequest, BatchState } from './batch-engine.ts';
import { runJobsInBatches } from './batch-jobs.ts';
import { leftoverSessions } from './batch-sessions.ts';

const objects = new Map<string, Buffer>();
const batches = new Map<string, BatchState>();
const requests: BatchRequest[] = [];

/** After any ending, nothing is left. */
afterEach(() => {
  const left = [...objects.keys(), ...batches.keys()];
  objects.clear();
  batches.clear();
  requests.length = 0;
  expect(left).toEqual([]);
});

/** Keeps objects in memory. Its tasks end at once, and print their mark and the content of their file. */
function engineOf(overrides: Partial<BatchEngine> = {}): BatchEngine {
  const names = (prefix: string): string[] => [...objects.keys()].filter((name) => name.startsWith(prefix));
  return {
    pollMs: 1,
    giveUpAfterMs: 20,
    endMs: 20,
    objects: {
      async open() {},
      sessionsWith: async (name) =>
        names('')
          .filter((one) => one.endsWith(`/${name}`))
          .map((one) => one.split('/')[0] ?? ''),
      listNames: async (session, ending) =>
        names(`${session}/`)
          .filter((name) => name.endsWith(ending))
          .map((name) => name.slice(session.length + 1)),
      async write(session, name, content) {
        objects.set(`${session}/${name}`, Buffer.from(content));
      },
      read: async (session, name) => objects.get(`${session}/${name}`) ?? Buffer.of(),
      async remove(session) {
        for (const name of names(`${session}/`)) objects.delete(name);
      },
    },
    async submit(session, batch) {
      requests.push(batch);
      const { name, parallelism } = batch;
      const owned = { owner: JSON.stringify(thisOwner()), madeAtMs: 0 };
      const state = { session, name, parallelism, over: true, progress: '', troubles: [], ...owned };
      batches.set(`${session}/${name}`, state);
      for (let index = 0; index < batch.tasks; index += 1) {
        const input = objects.get(`${session}/${name}-${index}.input`)?.toString() ?? '';
        const [, , mark] = input.split('\n');
        const output = /printf %s '(.*)\n/.exec(input)?.[1];
        const printed = `${mark} ${output}\n${mark} end\n`;
        if (output !== 'nothing')
          objects.set(`${session}/${name}-${index}.result`, Buffer.from(`0 ${printed.length} \n${printed}`));
      }
    },
    batches: async (session) =>
      [...batches.values()].filter((batchState) => session === undefined || batchState.session === session),
    failures: async () => new Map([[-1, 'It failed.']]),
    async stop(session, name) {
      batches.delete(`${session}/${name}`);
    },
    errorOf: (error) =>
      SandboxError.is(error) ? error : new SandboxError('REFUSED', (error as Error).message),
    ...overrides,
  };
}

const jobOf = (id: string, image: string, says = 'well'): Job => ({
  id,
  spec: { name: id, labels: { run: 'r' }, image, taskDir: '/x', untrusted: true, lifetimeMs: 1 },
  program: 'p',
  files: new Map([['file', `${says}\n${id}`]]),
  outputs: new Map(),
  timeoutMs: 20,
});

async function resultsOf(engine: BatchEngine, jobs: readonly Job[], concurrency = 10): Promise<JobResult[]> {
  const stream = (async function* () {
    yield* jobs;
  })();
  const results = await Array.fromAsync(runJobsInBatches(engine, stream, { concurrency }));
  return results.sort((a, b) => a.id.localeCompare(b.id));
}

const well = (id: string): JobResult => ({
  id,
  markedLines: ['well'],
  outputFiles: new Map(),
  endedEarly: undefined,
});

test('each image is one batch, and no more tasks run at once than the user allows', async () => {
  const jobs = ['a', 'b', 'c', 'd', 'e'].map((id, index) => jobOf(id, index < 4 ? 'one' : 'other'));
  expect(await resultsOf(engineOf(), jobs, 3)).toEqual(['a', 'b', 'c', 'd', 'e'].map(well));
  expect(requests.map(({ image, tasks, parallelism }) => [image, tasks, parallelism])).toEqual([
    ['one', 4, 1],
    ['other', 1, 1],
  ]);
});

test('a task without a result is an error, and the others keep theirs', async () => {
  const results = await resultsOf(engineOf(), [jobOf('a', 'one'), jobOf('b', 'one', 'nothing')]);
  expect(results).toEqual([well('a'), { id: 'b', error: 'It failed.' }]);
});

test('a job whose file cannot be read is an error, and the others keep their results', async () => {
  const read = (): never => {
    throw new Error('agent1.patch is gone.');
  };
  const gone = { ...jobOf('b', 'one'), files: new Map([['file', { length: 5, read }]]) };
  const results = await resultsOf(engineOf(), [jobOf('a', 'one'), gone]);
  expect(results).toEqual([well('a'), { id: 'b', error: 'agent1.patch is gone.' }]);
});

test('an engine that refuses for now is asked again, and one that refuses for good is not', async () => {
  const { submit } = engineOf();
  let requestCount = 0;
  const engine = engineOf({
    async submit(session, batch) {
      requestCount += 1;
      if (requestCount < 3) throw new SandboxError('LIMIT', 'Later.', { retryable: true });
      if (batch.image === 'bad') throw new Error('Never.');
      await submit(session, batch);
    },
  });
  expect(await resultsOf(engine, [jobOf('a', 'one'), jobOf('b', 'bad')])).toEqual([
    well('a'),
    { id: 'b', error: 'Never.' },
  ]);
});

test('a store that cannot be opened is an error of every job', async () => {
  const { objects } = engineOf();
  const refuse = (): never => {
    throw new Error('No store.');
  };
  const engine = engineOf({ objects: { ...objects, open: async () => refuse() } });
  expect(await resultsOf(engine, [jobOf('a', 'one')])).toEqual([{ id: 'a', error: 'No store.' }]);
});

test('sessions of others are found with their owner, and removed whole', async () => {
  const engine = engineOf();
  await engine.objects.write('s', 'owner.json', JSON.stringify({ owner: 'me', madeAtMs: 5 }));
  await engine.objects.write('s', '0-0.input', 'x');
  const [left] = await Array.fromAsync(leftoverSessions(engine));
  expect(left).toMatchObject({ name: 'evaluation-s', owner: 'me', madeAtMs: 5 });
  await left?.remove();
});

test('a session that another process removes meanwhile disturbs nothing', async () => {
  const engine = engineOf();
  const { objects: store } = engine;
  await store.write('s', 'owner.json', '');
  const read: typeof store.read = async (session, name) => {
    if (session !== 's') return store.read(session, name);
    await store.remove('s');
    throw new Error('No such object.');
  };
  expect(await resultsOf({ ...engine, objects: { ...store, read } }, [jobOf('a', 'one')])).toEqual([
    well('a'),
  ]);
});

test('a session whose owner cannot be read is an error, because it would stay', async () => {
  const engine = engineOf();
  await engine.objects.write('s', 'owner.json', '{');
  await expect(Array.fromAsync(leftoverSessions(engine))).rejects.toMatchObject({ code: 'REFUSED' });
  await engine.objects.remove('s');
});
