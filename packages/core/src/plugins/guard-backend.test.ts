import { expect, test } from 'vitest';
import type { Backend, Sandbox } from '../contracts/backend.ts';
import type { JobResult } from '../contracts/jobs.ts';
import type { CallBounds } from './call-plugin.ts';
import { guardBackend } from './guard-backend.ts';
import { defaultTimeLimits } from './time-limits.ts';

const never = (): Promise<never> => new Promise(() => {});
const source = { image: 'i', taskDir: '/t' };
const spec = { ...source, name: 'n', labels: {}, untrusted: false, lifetimeMs: 1000 };

function guarded(backend: Partial<Backend>, closing: AbortSignal = new AbortController().signal): Backend {
  const limits = { ...defaultTimeLimits, open: 10, call: 10, collect: 10, close: 10 };
  const bounds: CallBounds = { title: 'The backend', limits, closing };
  return guardBackend({ create: never, ...backend }, bounds);
}

test('a backend has what it had before', () => {
  expect(Object.keys(guarded({}))).toEqual(['create']);
  const optional = { prepare: never, hasImage: never, runJobs: never as never, clean: never };
  expect(Object.keys(guarded(optional)).sort()).toEqual([
    'clean',
    'create',
    'hasImage',
    'prepare',
    'runJobs',
  ]);
});

test('a call that hangs ends at its limit, or with the signal', async () => {
  const backend = guarded({ hasImage: never, prepare: never, clean: never });
  await expect(backend.hasImage?.(source)).rejects.toMatchObject({
    message: 'The backend failed in hasImage: it did not answer within 0.01 s',
  });
  const reason = new Error('enough');
  for (const call of ['prepare', 'clean'] as const) {
    const stop = new AbortController();
    const options = { signal: stop.signal };
    const calling = call === 'clean' ? backend.clean?.(options) : backend.prepare?.(source, options);
    stop.abort(reason);
    await expect(calling).rejects.toBe(reason);
  }
});

test.for<readonly [string, (backend: Backend, signal: AbortSignal) => Promise<unknown> | undefined]>([
  ['create', (backend, signal) => backend.create(spec, { signal })],
  ['hasImage', (backend, signal) => backend.hasImage?.(source, { signal })],
  ['hasKept', (backend, signal) => backend.hasKept?.({ ...source, kept: 'k' }, { signal })],
  ['resolveNetwork', (backend, signal) => backend.resolveNetwork?.('open', { signal })],
  ['isIsolated', (backend, signal) => backend.isIsolated?.({ signal })],
])('%s that hangs ends at its limit, and with the signal', async ([method, call]) => {
  const hangs = `The backend failed in ${method}: it did not answer within 0.01 s`;
  const { signal } = new AbortController();
  await expect(call(guarded({ [method]: never }), signal)).rejects.toThrow(hangs);
  const reason = new Error('enough');
  await expect(call(guarded({ [method]: never }), AbortSignal.abort(reason))).rejects.toBe(reason);
});

test.for(['restart', 'keep', 'hostFault', 'dispose'] as const)(
  '%s of a sandbox that hangs ends at its limit',
  async (method) => {
    const sandbox: Sandbox = {
      ...{ id: 's', origin: { from: 'image' as const, reference: '' }, repoDir: '/', patchesDir: '/' },
      ...{ exec: never, readFile: never, writeFile: never, restart: never, keep: never, hostFault: never },
      [Symbol.asyncDispose]: never,
    };
    const made = await guarded({ create: async () => sandbox }).create(spec);
    const calls = {
      restart: () => made.restart?.(),
      keep: () => made.keep?.('k'),
      hostFault: () => made.hostFault?.(),
      dispose: () => made[Symbol.asyncDispose](),
    };
    const hangs = `The backend failed in ${method}: it did not answer within 0.01 s`;
    await expect(calls[method]()).rejects.toThrow(hangs);
  },
);

test('jobs that hang after an abort are left behind, and their iterator is ended', async () => {
  const closing = new AbortController();
  let hasEnded = false;
  const jobs: AsyncIterable<JobResult> = {
    [Symbol.asyncIterator]: () => ({
      next: never,
      return: async () => {
        hasEnded = true;
        return { done: true, value: undefined };
      },
    }),
  };
  const backend = guarded({ runJobs: () => jobs }, closing.signal);
  const running = (async () => {
    for await (const _ of backend.runJobs?.((async function* () {})(), { concurrency: 1 }) ?? []);
  })();
  const reason = new Error('enough');
  closing.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(hasEnded).toBe(true);
});

test.for([
  [undefined, 'runJobs yields a result without an "id".'],
  [
    { id: 'a' },
    'runJobs yields a result for a that has neither an "error" nor "markedLines" and "outputFiles".',
  ],
] as const)('a result that is none is refused: %j', async ([result, reason]) => {
  const backend = guarded({
    async *runJobs() {
      yield result as never;
    },
  });
  const first = async (): Promise<void> => {
    for await (const _ of backend.runJobs?.((async function* () {})(), { concurrency: 1 }) ?? []);
  };
  await expect(first()).rejects.toThrow(reason);
});
