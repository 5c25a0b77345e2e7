import { AgentError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { fakeModel } from '../../test/fake-model.ts';
import { retryAfterMs } from './explain.ts';
import { ModelFailure } from './failure.ts';
import { withRetries } from './retry.ts';

const policy = { attempts: 3, max_wait_seconds: 60, max_retry_after_seconds: 300 };
const { signal } = new AbortController();

function retrying(...failures: readonly Error[]) {
  const waits: number[] = [];
  const logs: string[] = [];
  const model = fakeModel(...failures, { text: 'at last' });
  const repeated = withRetries(model, policy, {
    sleep: async (ms) => void waits.push(ms),
    random: () => 0,
    log: (text) => logs.push(text),
  });
  return { waits, logs, model, answer: repeated.complete([], { signal }) };
}

test('repeats transient failures with growing waits, and logs it', async () => {
  const { answer, waits, logs } = retrying(
    new ModelFailure('transient', 'overloaded'),
    new ModelFailure('transient', 'overloaded'),
  );
  expect((await answer).text).toBe('at last');
  expect(waits).toEqual([500, 1000]);
  expect(logs[0]).toBe('model call failed (attempt 1 of 3): overloaded; next attempt in 500 ms');
});

test('waits at least as long as the provider asks', async () => {
  const { answer, waits } = retrying(new ModelFailure('transient', 'slow down', 42_000));
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
  await expect(retrying(new ModelFailure('transient', 'quota', 3_600_000)).answer).rejects.toMatchObject({
    message: 'The model fake is not available for another 3600 s: quota',
  });
});

test('does not repeat other failures', async () => {
  const refused = new AgentError('AGENT_AUTHENTICATION', 'no');
  const { answer, model } = retrying(refused);
  await expect(answer).rejects.toBe(refused);
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
  expect(retryAfterMs(headers, Date.parse('Wed, 21 Oct 2026 07:28:00 GMT'))).toBe(expected);
});

test('a provider that is down until the seat’s time is up is unavailable', async () => {
  const away = withRetries(fakeModel(new ModelFailure('transient', 'overloaded')), policy, {
    sleep: () => Promise.reject(new DOMException('too late', 'TimeoutError')),
    random: () => 0,
    log: () => {},
  });
  await expect(away.complete([], { signal })).rejects.toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    message: expect.stringContaining('until the time was up: overloaded'),
  });
});
