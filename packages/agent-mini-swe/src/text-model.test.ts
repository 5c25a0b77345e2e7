import { maxAnswerBytes } from '@cooperbench/core';
import { endlessServer } from '@cooperbench/testing';
import { scriptedAnswer } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { type Answer, modelServer } from './model/model-server.test.support.ts';
import { openText } from './text-model.ts';

const usage = { input: 1000, cacheRead: 0, cacheWrite: 0, output: 100 };
const good: Answer = { body: scriptedAnswer('chat', { text: 'Because.', usage }) };
const question = {
  ...{
    system: 'Judge.',
    text: 'Why?',
    trial: 'coop/x_task/1/f1_f2',
    seat: 'pass2',
    features: [1, 2],
    seed: 2,
  },
  signal: new AbortController().signal,
};

async function ask(model: string, answers: readonly Answer[]) {
  await using server = await modelServer(answers);
  const lines: string[] = [];
  const ports = { env: { COOPERBENCH_API_KEY: 'k' }, random: () => 1, sleep: async () => {} };
  const textModel = await openText({ model, baseUrl: server.url }, (line) => lines.push(line), ports);
  const cost = textModel.cost({ inputTokens: 1000, outputTokens: 100 });
  const reply = await textModel.ask(question).catch((error: unknown) => error);
  return { reply, said: lines, cost, requests: server.requests };
}

test('a question has no tools and a seed, and its answer has a text and a cost', async () => {
  const { reply, said, cost, requests } = await ask('gpt-4o', [good]);
  expect(reply).toMatchObject({ text: 'Because.', usage: { inputTokens: 1000, outputTokens: 100 } });
  // 1000 tokens at $2.50 and 100 at $10 a million.
  expect(reply).toMatchObject({ usage: { costUsd: expect.closeTo(0.0035, 12) } });
  expect(cost).toBeCloseTo(0.0035, 12);
  expect(requests).toHaveLength(1);
  expect(requests[0]?.body).toMatchObject({ seed: 2, messages: [{ role: 'system' }, { role: 'user' }] });
  expect(requests[0]?.body).not.toHaveProperty('tools');
  expect(said).toEqual([expect.stringMatching(/^Model requests go to http:.*COOPERBENCH_API_KEY\.$/)]);
});

test('a call that fails is repeated, and what it cost counts', async () => {
  const empty: Answer = { body: { choices: [], usage: { prompt_tokens: 500, completion_tokens: 0 } } };
  const { reply, said } = await ask('gpt-4o', [empty, good]);
  expect(reply).toMatchObject({ text: 'Because.', usage: { inputTokens: 1500 } });
  expect(said[1]).toBe('A call of gpt-4o failed and is retried: the answer has no choices');
});

test('an answer that does not end is read up to 64 MiB', async () => {
  await using server = await endlessServer();
  const ports = { env: { COOPERBENCH_API_KEY: 'k' }, random: () => 1, sleep: async () => {} };
  const textModel = await openText({ model: 'gpt-4o', baseUrl: server.url }, () => {}, ports);
  const reply = await textModel.ask(question).catch((error: unknown) => error);
  expect(reply).toMatchObject({ message: expect.stringContaining('the answer is longer than 64 MiB') });
  expect(server.sentBytes / server.requests).toBeLessThan(maxAnswerBytes + (16 << 20));
});

test('a price that nobody knows is said, and the cost is absent', async () => {
  const { reply, said, cost } = await ask('hosted_vllm/mine', [good]);
  expect(cost).toBeUndefined();
  expect(said[1]).toContain('The price of hosted_vllm/mine is not known');
  expect((reply as { usage: object }).usage).not.toHaveProperty('costUsd');
});

test('a key that the provider refuses is an error of the agent', async () => {
  const refusal: Answer = { status: 401, body: { error: { message: 'bad key' } } };
  expect((await ask('gpt-4o', [refusal])).reply).toMatchObject({ code: 'AGENT_AUTHENTICATION' });
});
