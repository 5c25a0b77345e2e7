import { buildLimitedBackend, type ProviderLimits } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { mapConcurrently } from '../async/map-concurrently.ts';
import type { Backend, Sandbox } from '../contracts/backend.ts';
import { SandboxError } from '../contracts/errors.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import { CapacityGate } from './capacity.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const hourMs = 3_600_000;
const spec: SandboxSpec = {
  ...{ name: 'sandbox', image: 'image', taskDir: '/', labels: {} },
  ...{ untrusted: true, lifetimeMs: hourMs },
};
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function gateOf(backend: Backend): { gate: CapacityGate; gated: Backend; notices: string[] } {
  const notices: string[] = [];
  const gate = new CapacityGate({ open: hourMs / 2, capacity: hourMs }, (text) => notices.push(text));
  return { gate, gated: gate.gate('acme', 'The backend "acme"', backend), notices };
}

/** Runs jobs with a sandbox for each of `seats`, and returns the outcomes, and how long all took. */
async function runJobs(
  backend: Backend,
  {
    jobs,
    concurrency,
    jobMs,
    seats = 1,
  }: { jobs: number; concurrency: number; jobMs: number; seats?: number },
) {
  const { gate, gated, notices } = gateOf(backend);
  const startMs = performance.now();
  const work = mapConcurrently(Array(jobs).keys(), concurrency, async () => {
    const requests = Array.from({ length: seats }, () => ({ backend: gated, spec }));
    const outcomes = await gate.createTogether(requests);
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    await sleep(jobMs);
    await Promise.all(made.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    return made.length;
  });
  const all = Array.fromAsync(work);
  await vi.runAllTimersAsync();
  const sandboxes = (await all).reduce((sum, count) => sum + count, 0);
  return { sandboxes, tookMs: performance.now() - startMs, notices };
}

const notice =
  /^The backend "acme" has no room for another sandbox, so CooperBench waits up to 60 minutes and creates fewer at once: /;

test.each<[string, ProviderLimits, number]>([
  ['creations without delay', { room: 4 }, 10_000],
  ['creations that take longer than the jobs', { room: 4, createMs: 60_000 }, 50_000],
  ['jobs of an hour', { room: 4, createMs: 60_000 }, hourMs],
])('room for 4 runs 300 jobs at concurrency 10, within 1.2 × the ideal: %s', async (_, limits, jobMs) => {
  const backend = buildLimitedBackend(limits);
  const { sandboxes, tookMs, notices } = await runJobs(backend, { jobs: 300, concurrency: 10, jobMs });
  const ideal = (300 / 4) * (jobMs + (limits.createMs ?? 0));
  expect(sandboxes).toBe(300);
  expect(tookMs).toBeLessThan(1.2 * ideal);
  expect(notices).toEqual([expect.stringMatching(notice)]);
  expect(backend.open).toBe(0);
});

test.each<[string, ProviderLimits, number, number]>([
  ['jobs of 1 s', { perSecond: 5 }, 10, 1000],
  ['jobs of 0.1 s', { perSecond: 5 }, 10, 100],
  ['a provider that says when to come again', { perSecond: 5, saysRetryAfter: true }, 10, 1000],
  ['slow creations', { perSecond: 5, createMs: 10_000 }, 10, 1000],
  ['a wide evaluation', { perSecond: 5, createMs: 2000 }, 60, 5000],
  ['a provider that says that it is the rate', { perSecond: 5, saysRate: true }, 10, 100],
])('5 creations a second run 300 jobs within 1.2 × the ideal: %s', async (_, limits, concurrency, jobMs) => {
  const backend = buildLimitedBackend(limits);
  const { sandboxes, tookMs } = await runJobs(backend, { jobs: 300, concurrency, jobMs });
  const ideal = Math.max(300 / 5, ((300 / concurrency) * (jobMs + (limits.createMs ?? 0))) / 1000) * 1000;
  expect(sandboxes).toBe(300);
  expect(tookMs / ideal).toBeLessThan(1.2);
});

test.each<[string, ProviderLimits, number]>([
  ['5 a second', { perSecond: 5 }, (2 * 652) / 5 + 28],
  ['5 a second, and a wait named', { perSecond: 5, saysRetryAfter: true }, (2 * 652) / 5 + 28],
  // The first 200 pairs begin over 20 s.
  ['20 a second', { perSecond: 20 }, 20 + (652 / 200) * 28],
  ['5 a second, and room for 100', { perSecond: 5, room: 100 }, ((2 * 652) / 100) * 28],
])(
  'a provider that says that it refuses for the rate gets 652 pairs with slow creations within 1.2 × the ideal: %s',
  async (_, limits, idealSeconds) => {
    const backend = buildLimitedBackend({ ...limits, saysRate: true, createMs: 11_000 });
    const pairs = { jobs: 652, concurrency: 200, jobMs: 17_000, seats: 2 };
    const { sandboxes, tookMs } = await runJobs(backend, pairs);
    expect(sandboxes).toBe(2 * 652);
    expect(tookMs / 1000 / idealSeconds).toBeLessThan(1.2);
  },
);

test('an evaluation of 652 pairs after their trials takes the room that the trials leave, within 1.07 × the ideal', async () => {
  const limits = { perSecond: 5, room: 100, saysRate: true, saysRetryAfter: true, createMs: 11_000 };
  const { gate, gated } = gateOf(buildLimitedBackend(limits));
  const startMs = performance.now();
  const phase = (jobs: number, seats: number, jobMs: number): Promise<unknown> =>
    Array.fromAsync(
      mapConcurrently(Array(jobs).keys(), 200, async () => {
        const requests = Array.from({ length: seats }, () => ({ backend: gated, spec }));
        const made = await gate.createTogether(requests);
        await sleep(jobMs);
        for (const one of made) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
      }),
    );
  const both = phase(652, 2, 17_000).then(() => phase(3 * 652, 1, 500));
  await vi.runAllTimersAsync();
  await both;
  // The room limits trials, of which the first 50 begin over 20 s, and the rate evaluations.
  const idealMs = ((2 * 652) / 100) * 28_000 + 20_000 + ((3 * 652) / 5) * 1000 + 11_500;
  expect((performance.now() - startMs) / idealMs).toBeLessThan(1.07);
});

/** Returns the requests of second seats arrive late, so that the first seats of several pairs take the room. */
function slowToSecondSeats(backend: Backend): Backend {
  return {
    async create(its, options) {
      if (its.name !== 'seat0') await sleep(50);
      return backend.create(its, options);
    },
  };
}

/** Seats that need one sandbox on each of these backends. Returns how many groups got theirs. */
async function runGroups(groups: readonly (readonly Backend[])[], gate: CapacityGate): Promise<number> {
  const all = Promise.all(
    groups.map(async (backends) => {
      const outcomes = await gate.createTogether(
        backends.map((backend, index) => ({ backend, spec: { ...spec, name: `seat${index}` } })),
      );
      await sleep(1000);
      const sandboxes = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? [outcome.value] : [],
      );
      await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()));
      return sandboxes.length === backends.length;
    }),
  );
  await vi.runAllTimersAsync();
  return (await all).filter(Boolean).length;
}

test('pairs do not deadlock: 20 pairs at once all finish with room for 3 sandboxes', async () => {
  const backend = buildLimitedBackend({ room: 3, createMs: 100 });
  const { gate, gated } = gateOf(slowToSecondSeats(backend));
  const start = performance.now();
  expect(await runGroups(Array(20).fill([gated, gated]), gate)).toBe(20);
  // One pair after the other.
  expect(performance.now() - start).toBeLessThan(3 * 20 * 1100);
  expect(backend.open).toBe(0);
});

test('so do pairs on two backends', async () => {
  const [slow, fast] = [buildLimitedBackend({ room: 1, createMs: 5000 }), buildLimitedBackend({ room: 1 })];
  const { gate, gated } = gateOf(slowToSecondSeats(slow));
  const other = gate.gate('other', 'The backend "other"', slowToSecondSeats(fast));
  const groups = Array.from({ length: 10 }, (_, index) => (index % 2 ? [other, gated] : [gated, other]));
  const start = performance.now();
  expect(await runGroups(groups, gate)).toBe(10);
  expect(performance.now() - start).toBeLessThan(3 * 10 * 6000);
  expect([slow.open, fast.open]).toEqual([0, 0]);
});

test('without room, all that wait are given up after the stated time, and later ones at once', async () => {
  const backend = buildLimitedBackend({ room: 0 });
  const { gated } = gateOf(backend);
  const start = performance.now();
  const failures = Promise.all([1, 2, 3].map(() => gated.create(spec).catch((error: unknown) => error)));
  await vi.runAllTimersAsync();
  const gaveUp = {
    code: 'NO_ROOM',
    message: 'The provider has room for 0 sandboxes. CooperBench has waited 60 minutes for room.',
    ...{ capacity: undefined, retryable: false },
  };
  expect(await failures).toEqual([1, 2, 3].map(() => expect.objectContaining(gaveUp)));
  expect(performance.now() - start).toBeLessThan(1.1 * hourMs);
  const requestCount = backend.refused;
  await expect(gated.create(spec)).rejects.toMatchObject(gaveUp);
  expect(backend.refused).toBe(requestCount + 1);
});

test('a pair that never fits is given up, although each of its seats finds room', async () => {
  const { gate, gated } = gateOf(buildLimitedBackend({ room: 1 }));
  const pair = gate.createTogether([1, 2].map(() => ({ backend: gated, spec })));
  await vi.runAllTimersAsync();
  expect(await pair).toEqual([
    { status: 'rejected', reason: undefined },
    { status: 'rejected', reason: expect.objectContaining({ code: 'NO_ROOM' }) },
  ]);
});

test('a creation waits past the stated time while sandboxes are in use', async () => {
  const { gated } = gateOf(buildLimitedBackend({ room: 1 }));
  const first = await gated.create(spec);
  const second = gated.create(spec);
  await vi.advanceTimersByTimeAsync(3 * hourMs);
  await first[Symbol.asyncDispose]();
  expect(await second).toMatchObject({ id: 'sandbox' });
});

test('the stated time begins again when there was room', async () => {
  const { create } = buildLimitedBackend({});
  let isFull = true;
  const { gated } = gateOf({
    async create(...callArguments) {
      if (isFull) throw new SandboxError('NO_ROOM', 'full', { capacity: {} });
      return create(...callArguments);
    },
  });
  const first = gated.create(spec);
  await vi.advanceTimersByTimeAsync(5000);
  isFull = false;
  await vi.advanceTimersByTimeAsync(60_000);
  await (await first)[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(2 * hourMs);
  isFull = true;
  const second = gated.create(spec);
  await vi.advanceTimersByTimeAsync(60_000);
  isFull = false;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await second).toMatchObject({ id: 'sandbox' });
});

test('what a pair has on one backend does not hide that the other is in use', async () => {
  const { gate, gated } = gateOf(buildLimitedBackend({ room: 1 }));
  const other = gate.gate('other', 'The backend "other"', buildLimitedBackend({}));
  const inUse = await gated.create(spec);
  const pair = gate.createTogether([
    { backend: other, spec },
    { backend: gated, spec },
  ]);
  await vi.advanceTimersByTimeAsync(3 * hourMs);
  await inUse[Symbol.asyncDispose]();
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await pair).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
});

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
  'a backend that asks for a pause of %s ms is not asked without end, and an abort leaves no timer',
  async (retryAfterMs) => {
    let requestCount = 0;
    const { gated } = gateOf({
      async create() {
        requestCount += 1;
        if (requestCount > 1000) throw new Error('asked too often');
        throw new SandboxError('NO_ROOM', 'full', { capacity: { retryAfterMs } });
      },
    });
    const stop = new AbortController();
    const created = gated.create(spec, { signal: stop.signal });
    await vi.advanceTimersByTimeAsync(10_000);
    stop.abort(new Error('interrupted'));
    await expect(created).rejects.toThrow('interrupted');
    expect(vi.getTimerCount()).toBe(0);
  },
);

test('an abort ends the wait at once, and what the pair holds', async () => {
  const backend = buildLimitedBackend({ room: 1 });
  const { gate, gated } = gateOf(backend);
  const stop = new AbortController();
  const pair = gate.createTogether(
    [1, 2].map(() => ({ backend: gated, spec })),
    { signal: stop.signal },
  );
  await vi.advanceTimersByTimeAsync(5000);
  expect(backend.open).toBe(1);
  stop.abort(new Error('interrupted'));
  await expect(pair).rejects.toThrow('interrupted');
  expect(backend.open).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('a failure is not waited for, and ends what the other seat has or waits for', async () => {
  const backend = buildLimitedBackend({ room: 1 });
  const { gate, gated } = gateOf(backend);
  const broken = gate.gate('broken', 'The backend "broken"', {
    async create(): Promise<Sandbox> {
      await sleep(2000);
      throw new SandboxError('SANDBOX_CREATE', 'The image does not exist.');
    },
  });
  const trial = gate.createTogether([gated, gated, broken].map((each) => ({ backend: each, spec })));
  await vi.runAllTimersAsync();
  expect(await trial).toEqual([
    { status: 'rejected', reason: undefined },
    { status: 'rejected', reason: undefined },
    { status: 'rejected', reason: expect.objectContaining({ code: 'SANDBOX_CREATE' }) },
  ]);
  expect(backend.open).toBe(0);
});

test('a pair that waits creates nothing again and again while an older one waits on another backend', async () => {
  const small = buildLimitedBackend({ room: 1 });
  const large = buildLimitedBackend({ room: 100 });
  const { gate, gated } = gateOf(small);
  let count = 0;
  const counting = gate.gate('large', 'The backend "large"', {
    create(...of) {
      count += 1;
      return large.create(...of);
    },
  });
  const requests = [gated, counting].map((backend) => ({ backend, spec }));
  const first = await gated.create(spec);
  const pairs = [1, 2, 3].map(() => gate.createTogether(requests));
  await vi.advanceTimersByTimeAsync(hourMs / 4);
  expect(count).toBeLessThanOrEqual(pairs.length);
  await first[Symbol.asyncDispose]();
  for (const pair of pairs) {
    await vi.advanceTimersByTimeAsync(60_000);
    for (const one of await pair) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]();
  }
  expect(large.open).toBe(0);
});

test('what throws before a creation begins takes no room', async () => {
  const backend = buildLimitedBackend({ room: 1 });
  const { gate, gated } = gateOf(backend);
  const beforeCreate = (): never => {
    throw new Error('too dear');
  };
  const [outcome] = await gate.createTogether([{ backend: gated, spec }], { beforeCreate });
  expect(outcome).toMatchObject({ reason: { message: 'too dear' } });
  await gated.create(spec);
  expect(backend.open).toBe(1);
});

/** Returns a provider that always refuses one image, as a registry with a limit of pulls does. */
function refusing(image: string, backend: Backend): Backend {
  return {
    async create(its, options) {
      if (its.image === image) throw new SandboxError('NO_ROOM', 'no pulls', { capacity: {} });
      return backend.create(its, options);
    },
  };
}

test.each([
  [1, 1],
  [1, 2],
  [4, 1],
  [4, 2],
])(
  '%i trials whose image is always refused do not hold up 100 others of %i seats, and are lost when nothing runs',
  async (refusedCount, seats) => {
    const backend = buildLimitedBackend({ room: 8, createMs: 100 });
    const { gate, gated } = gateOf(refusing('refused', backend));
    const lostItems: unknown[] = [];
    let doneMs = 0;
    const work = mapConcurrently(Array(100 + refusedCount).keys(), 16, async (index) => {
      const image = index < refusedCount ? 'refused' : 'image';
      const requests = Array.from({ length: seats }, () => ({ backend: gated, spec: { ...spec, image } }));
      const outcomes = await gate.createTogether(requests);
      if (image === 'refused') return void lostItems.push(...outcomes);
      await sleep(300_000);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect.fail(String(outcome.reason));
        await outcome.value[Symbol.asyncDispose]();
      }
      doneMs = performance.now();
    });
    const startMs = performance.now();
    const all = Array.fromAsync(work);
    await vi.runAllTimersAsync();
    await all;
    const ideal = (100 / (8 / seats)) * 300_100;
    expect((doneMs - startMs) / ideal).toBeLessThan(1.2);
    expect(lostItems.length).toBe(refusedCount * seats);
    expect(JSON.stringify(lostItems)).not.toContain('fulfilled');
    const afterMs = performance.now() - doneMs;
    expect(afterMs).toBeGreaterThan(0.9 * hourMs);
    expect(afterMs).toBeLessThan(1.1 * hourMs);
    expect(backend.open).toBe(0);
  },
);
