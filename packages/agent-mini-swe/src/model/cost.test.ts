import { expect, test } from 'vitest';
import { submitCommand } from '../shell/submission.ts';
import type { Answer } from './model-server.test.support.ts';
import { runAgainst, submission } from './run-against.test.support.ts';
import { chatCompletions } from './wires.test.support.ts';

test('a call has its published price, including cache writes that OpenRouter reports', async () => {
  const { seat } = await runAgainst('gpt-4o', [submission(chatCompletions)]);
  // 600 tokens at $2.50, 400 cached at $1.25 and 50 at $10 a million.
  expect(seat.usages()[0]?.costUsd).toBeCloseTo(0.0015 + 0.0005 + 0.0005, 12);
  expect(seat.messages().find(({ role }) => role === 'assistant')?.cost).toBeCloseTo(0.0025, 12);
  expect(seat.texts('notice')).toEqual([]);
  const answer = chatCompletions.call('bash', { command: submitCommand });
  answer.usage.prompt_tokens_details = { cached_tokens: 400, cache_write_tokens: 100 };
  const routed = await runAgainst('openrouter/anthropic/claude-sonnet-4.5', [{ body: answer }]);
  // 500 at $3, 400 at $0.30, 100 at $3.75 and 50 at $15 a million.
  expect(routed.seat.usages()[0]?.costUsd).toBeCloseTo(0.0015 + 0.00012 + 0.000375 + 0.00075, 12);
});

test('an unknown price is reported once and leaves the cost unknown, unless the configuration states one', async () => {
  const call: Answer = { body: chatCompletions.call('bash', { command: 'true' }) };
  const { seat } = await runAgainst('hosted_vllm/mine', [call, call, submission(chatCompletions)]);
  expect(seat.usages().map(({ costUsd }) => costUsd)).toEqual([undefined, undefined, undefined]);
  expect(seat.texts('notice')).toEqual([
    'The price of hosted_vllm/mine is not known: its cost is not counted. State it in USD per million tokens, --price hosted_vllm/mine=INPUT,OUTPUT.',
  ]);
  const outcome = await runAgainst('hosted_vllm/mine', [submission(chatCompletions)], {
    config: 'price: { input: 1, output: 2, cache_read: 0.5 }',
  });
  expect(outcome.seat.usages()[0]?.costUsd).toBeCloseTo(0.0006 + 0.0002 + 0.0001, 12);
  expect(outcome.seat.texts('notice')).toEqual([]);
});

test.for([[undefined], [{ prompt_tokens: 1000, completion_tokens: -50 }]])(
  'a call with the usage %o has an estimated cost',
  async ([usage]) => {
    const answer = { ...chatCompletions.call('bash', { command: submitCommand }), usage };
    const { seat } = await runAgainst('groq/llama-3.3-70b-versatile', [{ body: answer }]);
    const [estimate] = seat.usages();
    expect(estimate).toMatchObject({ estimated: true, cacheReadTokens: 0 });
    expect(estimate?.inputTokens).toBeGreaterThan(300);
    expect(estimate?.outputTokens).toBeGreaterThan(10);
    expect(estimate?.costUsd).toBeGreaterThan(0);
  },
);

test('cached tokens count as DeepSeek reports them', async () => {
  const answer = chatCompletions.call('bash', { command: submitCommand });
  answer.usage = { prompt_tokens: 1000, completion_tokens: 50, prompt_cache_hit_tokens: 300 };
  const { seat } = await runAgainst('deepseek/deepseek-chat', [{ body: answer }]);
  expect(seat.usages()[0]).toMatchObject({ inputTokens: 1000, outputTokens: 50, cacheReadTokens: 300 });
});

test.for(['gpt-4o', 'groq/llama-3.3-70b-versatile'])(
  'a call that %s answers without choices is retried, and its tokens count',
  async (model) => {
    const { usage } = chatCompletions.call('bash', { command: submitCommand });
    const answers = [{ body: { choices: [], usage } }, { body: { usage } }, submission(chatCompletions)];
    const { seat, error, waits } = await runAgainst(model, answers);
    expect(error).toBeUndefined();
    expect(waits).toEqual([1000, 2000]);
    expect(seat.steps()).toBe(1);
    expect(seat.usages().map(({ inputTokens }) => inputTokens)).toEqual([1000, 1000, 1000]);
    expect(seat.usages()[0]?.costUsd).toBeGreaterThan(0);
  },
);

test('a cost that is not known stops the run when the agent configuration limits the cost', async () => {
  const config = 'limits: { cost_usd: 1 }';
  const { error } = await runAgainst('hosted_vllm/mine', [submission(chatCompletions)], { config });
  expect(error).toMatchObject({ code: 'COST_UNKNOWN', scope: 'run' });
});
