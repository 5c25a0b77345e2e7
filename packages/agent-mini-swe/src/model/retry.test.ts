import { retryAfterMs } from '@cooperbench/agent-kit/providers';
import { AgentError, type ModelUsage } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { fakeModel, used } from '../fake-model.test.support.ts';
import type { Reply } from './chat-model.ts';
import { ModelFailure } from './failure.ts';
import { withRetries } from './retry.ts';

const policy = { attempts: 3, max_wait_seconds: 60, max_retry_after_seconds: 300 };
const { signal } = new AbortController();

function retrying(...failures: readonly Error[]) {
  const waitsMs: number[] = [];
  const logs: string[] = [];
  const notices: string[] = [];
  const spent: ModelUsage[] = [];
  const model = fakeModel(...failures, { text: 'at last' });
  const repeated = withRetries(model, policy, {
    sleep: async (ms) => void waitsMs.push(ms),
    random: () => 0,
    log: (text) => logs.push(text),
    notice: (text) => notices.push(text),
    spend: (usage) => spent.push(usage),
  });
  return { waits: waitsMs, logs, notices, spent, model, answer: repeated.complete([], { signal }) };
}

test('retries transient failures with growing waits, logs each and shows the first', async () => {
  const { answer, waits, logs, notices } = retrying(
    new ModelFailure('transient', 'overloaded'),
    new ModelFailure('transient', 'still overloaded'),
  );
  expect((await answer).text).toBe('at last');
  expect(waits).toEqual([500, 1000]);
  expect(logs[0]).toBe('model call failed (attempt 1 of 3): overloaded; next attempt in 500 ms');
  expect(notices).toEqual(['A call of fake failed and is retried: overloaded']);
});

test('counts what failed calls used', async () => {
  const usage = used({ costUsd: 0.5 });
  const { answer, spent } = retrying(new ModelFailure('transient', 'no choices', { usage }));
  await answer;
  expect(spent).toEqual([usage]);
});

test('waits at least as long as the provider asks', async () => {
  const { answer, waits } = retrying(new ModelFailure('transient', 'slow down', { retryAfterMs: 42_000 }));
  await answer;
  expect(waits).toEqual([42_000]);
});

test('gives up after the last attempt, and when the provider asks for too long a wait', async () => {
  const down = new ModelFailure('transient', 'overloaded');
  await expect(retrying(down, down, down).answer).rejects.toMatchObject({
    name: 'AgentError',
    code: 'AGENT_MODEL_UNAVAILABLE',
    scope: 'seat',
    message: 'The model fake is not available after 3 attempts: overloaded',
  });
  await expect(
    retrying(new ModelFailure('transient', 'quota', { retryAfterMs: 3_600_000 })).answer,
  ).rejects.toMatchObject({
    message: 'The model fake is not available for another 3600 s: quota',
  });
});

test('does not repeat other failures', async () => {
  const refusal = new AgentError('AGENT_AUTHENTICATION', 'no');
  const { answer, model } = retrying(refusal);
  await expect(answer).rejects.toBe(refusal);
  expect(model.seen).toHaveLength(1);
});

test.for([
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after': '9' }, 9000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, 30_000],
  [{ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-5' }, 0],
  [{}, undefined],
  [undefined, undefined],
] as const)('reads how long to wait from %j', ([headers, expected]) => {
  expect(retryAfterMs(headers, '', Date.parse('Wed, 21 Oct 2026 07:28:00 GMT'))).toBe(expected);
});

const timeUp = new DOMException('too late', 'TimeoutError');
const instant = { sleep: async () => {}, random: () => 0, log: () => {}, notice: () => {}, spend: () => {} };

test('a provider that is down until the seat’s time is up is unavailable', async () => {
  const away = withRetries(fakeModel(new ModelFailure('transient', 'overloaded')), policy, {
    ...instant,
    sleep: () => Promise.reject(timeUp),
  });
  await expect(away.complete([], { signal })).rejects.toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    message: expect.stringContaining('until the time was up: overloaded'),
  });
});

test('a timeout in the first call, or in a call that has failed, counts against the provider', async () => {
  const first = withRetries(fakeModel(timeUp), policy, instant);
  await expect(first.complete([], { signal })).rejects.toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    message: 'The model fake is not available until the time was up: it never answered',
  });
  const repeated = withRetries(
    fakeModel({}, new ModelFailure('transient', 'no answer within 600 s'), timeUp),
    policy,
    instant,
  );
  await repeated.complete([], { signal });
  await expect(repeated.complete([], { signal })).rejects.toMatchObject({
    message: 'The model fake is not available until the time was up: no answer within 600 s',
  });
});

test('a timeout in a later call counts against the agent', async () => {
  const model = withRetries(fakeModel({}, timeUp), policy, instant);
  await model.complete([], { signal });
  await expect(model.complete([], { signal })).rejects.toBe(timeUp);
});

const down = (status?: number) => new ModelFailure('transient', 'an internal error', { status });

/** Returns what a call ends with that fails with `status` as often as it is tried, when these answers follow. */
async function afterAnAnswer(status: number, ...then: (Partial<Reply> | Error)[]) {
  const spent: ModelUsage[] = [];
  const fake = fakeModel({}, down(status), down(status), down(status), ...then);
  const model = withRetries(fake, policy, { ...instant, spend: (usage) => spent.push(usage) });
  await model.complete([], { signal });
  return { error: await model.complete([], { signal }).catch((error: unknown) => error), spent, fake };
}

test('a conversation that the provider does not answer, although it answers others, counts against the agent', async () => {
  const { error, spent, fake } = await afterAnAnswer(500, { usage: used({ costUsd: 0.1 }) });
  expect(error).toMatchObject({
    kind: 'refused',
    message: 'fake answers, but not this conversation: an internal error',
  });
  expect(fake.seen.at(-1)).toEqual([{ role: 'user', text: 'Hi' }]);
  expect(spent.map(({ costUsd }) => costUsd)).toEqual([0.1, 0.1, 0.1]);
});

test('a provider that is down, overloaded or limits requests counts against the provider', async () => {
  const unavailable = { code: 'AGENT_MODEL_UNAVAILABLE', scope: 'seat' };
  expect((await afterAnAnswer(503, down(503))).error).toMatchObject(unavailable);
  expect((await afterAnAnswer(529, {}, {}, down(529), {})).error).toMatchObject(unavailable);
  expect((await afterAnAnswer(429, {})).error).toMatchObject(unavailable);
  const exhausted = new AgentError('AGENT_QUOTA', 'no credit', { scope: 'run' });
  expect((await afterAnAnswer(500, exhausted)).error).toBe(exhausted);
});

test('a refusal before the first answer is an error of the seat, and a later one counts against the agent', async () => {
  const refusal = new ModelFailure('refused', 'a setting is wrong');
  await expect(
    withRetries(fakeModel(refusal), policy, instant).complete([], { signal }),
  ).rejects.toMatchObject({
    code: 'AGENT_MODEL',
    scope: 'seat',
    message: 'a setting is wrong',
  });
  const model = withRetries(fakeModel({}, refusal), policy, instant);
  await model.complete([], { signal });
  await expect(model.complete([], { signal })).rejects.toBe(refusal);
});
