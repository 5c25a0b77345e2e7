import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Agent, AgentContext } from '@cooperbench/core';
import { defaultTimeLimits, type TimeLimits } from '@cooperbench/core/host';
import type { ResultFile, RunEvent } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
let events: RunEvent[];
/** What the agents did, in order. */
let story: string[];
let limits: TimeLimits;

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-barrier-'));
  events = [];
  story = [];
  limits = defaultTimeLimits;
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

const quick: Agent = {
  async run(_task, { record }) {
    story.push('quick begins');
    record({ type: 'step' });
    return { status: 'Completed' };
  },
};

const slow = (start: (context: AgentContext) => Promise<void>): Agent => ({
  saysReady: true,
  async run(_task, context) {
    await start(context);
    story.push('slow is ready');
    await context.ready();
    story.push('slow begins');
    context.record({ type: 'step' });
    return { status: 'Completed' };
  },
});

/** Runs a pair of `quick` and `slow`, and resolves with the statuses of its seats. */
async function pair(agent: Agent, options: RunOptions = {}): Promise<string[]> {
  const agents = { quick: { create: () => quick }, slow: { create: () => agent } };
  const backends = { host: { create: () => hostBackend() } };
  const container = evaluatingContainer([
    { name: 'test', version: '1.0.0', apiVersion: 1, agents, backends },
  ]);
  container.provide(tokens.limits, () => limits);
  await container.get(tokens.runs).run({
    ...{ runName: 'x', agent: 'quick', modelName: 'test/model', backend: 'host', autoEval: false },
    ...{ datasetDir, logsDir, seats: { agent2: { agent: 'slow' } } },
    onEvent: (event) => events.push(event),
    ...options,
  });
  const file = readFileSync(join(logsDir, 'x/coop/shell_task/1/f1_f2/result.json'), 'utf8');
  return Object.values((JSON.parse(file) as ResultFile).agents ?? {}).map(({ status }) => status);
}

const warnings = (): string[] =>
  events.flatMap((event) => (event.type === 'notice' && event.level === 'warning' ? [event.text] : []));

const begun = (): string[] =>
  events.flatMap((event) => (event.type === 'seat_started' ? [event.seat] : [])).sort();

test('an agent begins when its partner is ready', async () => {
  expect(await pair(slow(() => delay(200)))).toEqual(['Completed', 'Completed']);
  expect(story[0]).toBe('slow is ready');
  expect(story.slice(1).sort()).toEqual(['quick begins', 'slow begins']);
  expect(warnings()).toEqual([]);
});

test('the time of a seat counts from there', async () => {
  const agent = slow(() => delay(600));
  expect(await pair(agent, { timeoutMs: 400 })).toEqual(['Completed', 'Completed']);
  expect(begun()).toEqual(['agent1', 'agent2']);
  const time = (type: RunEvent['type']): number =>
    Date.parse(events.find((event) => event.type === type)?.time ?? '');
  // A timer may end a millisecond early.
  expect(time('seat_started') - time('sandbox_ready')).toBeGreaterThan(590);
});

test('time is up after the beginning as well', async () => {
  const { run } = slow(async () => {});
  const hangs: Agent = {
    saysReady: true,
    async run(task, context) {
      await run(task, context);
      await delay(60_000, undefined, { signal: context.signal });
      return { status: 'Completed' };
    },
  };
  expect(await pair(hangs, { timeoutMs: 400 })).toEqual(['Completed', 'Timeout']);
});

test('an agent that fails before it is ready lets the others begin', async () => {
  const agent = slow(async () => {
    throw new Error('no memory');
  });
  expect(await pair(agent)).toEqual(['Completed', 'Error']);
  expect(story).toEqual(['quick begins']);
  expect(begun()).toEqual(['agent1']);
});

test('an agent that is never ready does not hold the others for ever, and its own time counts', async () => {
  limits = { ...defaultTimeLimits, ready: 200 };
  const agent = slow(({ signal }) => delay(60_000, undefined, { signal }));
  expect(await pair(agent, { timeoutMs: 400 })).toEqual(['Completed', 'Error']);
  expect(story).toEqual(['quick begins']);
  expect(warnings()).toContain(
    'coop/shell_task/1/f1_f2: agent2 was not ready after 0.2 s, so the agents of the trial did not begin together',
  );
});

test('an abort ends the wait', async () => {
  const abort = new AbortController();
  const agent = slow(async ({ signal }) => {
    setTimeout(() => abort.abort(new Error('stopped')), 50);
    await delay(60_000, undefined, { signal });
  });
  await expect(pair(agent, { signal: abort.signal })).rejects.toThrow('stopped');
  expect(story).toEqual([]);
});

test('without the barrier nobody waits, and it is another run', async () => {
  const agent = slow(async () => {
    while (story.length === 0) await delay(10);
  });
  expect(await pair(agent, { barrier: false })).toEqual(['Completed', 'Completed']);
  expect(story).toEqual(['quick begins', 'slow is ready', 'slow begins']);
  await expect(pair(agent)).rejects.toThrow('barrier: was false, is true');
});
