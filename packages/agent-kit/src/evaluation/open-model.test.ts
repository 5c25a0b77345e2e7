import { maxAnswerBytes } from '@cooperbench/core';
import { endlessServer, evaluationContext } from '@cooperbench/testing';
import { type ScriptedProvider, scriptedProvider } from '@cooperbench/testing/frameworks';
import { afterEach, describe, expect, test } from 'vitest';
import { openModel } from './open-model.ts';

let provider: ScriptedProvider;
afterEach(() => provider?.[Symbol.asyncDispose]());

const usage = { input: 1000, output: 50 };
const models = [
  ['openai/gpt-4o', 'OPENAI'],
  ['anthropic/claude-sonnet-4-5', 'ANTHROPIC'],
  ['gemini/gemini-2.5-flash', 'GEMINI'],
  ['hosted_vllm/mine', 'HOSTED_VLLM'],
] as const;
const price = { input: 1, output: 2 };

async function ask(
  script: Parameters<typeof scriptedProvider>[0],
  [model, variable]: readonly [string, string] = models[0],
  budgetUsd?: number,
  answerMs?: number,
) {
  provider = await scriptedProvider(script);
  const context = evaluationContext({ ...(budgetUsd !== undefined && { budgetUsd }) });
  const address = variable === 'OPENAI' || variable === 'ANTHROPIC' ? '_BASE_URL' : '_API_BASE';
  const env = { [`${variable}_API_KEY`]: 'a-secret', [`${variable}${address}`]: provider.url };
  const opened = await openModel(context, model, { env, price, waitsMs: [1, 1], answerMs });
  return { context, asking: opened.ask('a trial', { system: 'Be brief.', text: 'Did they agree?' }) };
}

describe('a model that an evaluator asks', () => {
  test.for(models)('%s answers in the format of its provider, and its cost is booked', async (one) => {
    const { context, asking } = await ask(() => ({ text: 'Yes.', usage }), one);
    expect(await asking).toBe('Yes.');
    const cost = (1000 * price.input + 50 * price.output) / 1e6;
    expect(context.booked).toMatchObject([
      { trial: 'a trial', model: one[0], usage: { costUsd: expect.closeTo(cost, 9), outputTokens: 50 } },
    ]);
    const [providerRequest] = provider.requests;
    expect(JSON.stringify(providerRequest)).toContain('Be brief.');
    expect(JSON.stringify(providerRequest)).toContain('Did they agree?');
  });

  test('is asked again when its provider is busy, and not for ever', async () => {
    let count = 0;
    const busy = await ask(() => (++count < 3 ? { status: 503, message: 'busy' } : { text: 'Yes.', usage }));
    expect(await busy.asking).toBe('Yes.');
    await provider[Symbol.asyncDispose]();
    const { asking } = await ask(() => ({ status: 503, message: 'busy' }));
    await expect(asking).rejects.toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE' });
  });

  test('that never answers is as one that is busy', async () => {
    const { asking } = await ask(['silence'], models[0], undefined, 200);
    await expect(asking).rejects.toMatchObject({
      code: 'AGENT_MODEL_UNAVAILABLE',
      message: expect.stringContaining('no answer within 0.2 s'),
    });
  });

  test('ends the evaluation when its key is refused, and the key is in no message', async () => {
    const { asking } = await ask(() => ({ status: 401, message: 'bad key a-secret' }));
    const error = await asking.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'AGENT_AUTHENTICATION', scope: 'run' });
    expect(error.message).not.toContain('a-secret');
  });

  test('whose answer does not end is read up to 64 MiB', async () => {
    await using server = await endlessServer();
    const env = { HOSTED_VLLM_API_BASE: server.url };
    const { ask } = await openModel(evaluationContext(), 'hosted_vllm/mine', { env, price, waitsMs: [] });
    const asking = ask('a trial', { system: 'Be brief.', text: 'Did they agree?' });
    await expect(asking).rejects.toMatchObject({
      code: 'MODEL_ANSWER',
      message: 'The model hosted_vllm/mine did not answer: the answer is longer than 64 MiB',
    });
    expect(server.sentBytes).toBeLessThan(maxAnswerBytes + (16 << 20));
  });

  test('is not asked when the budget is used up', async () => {
    const { asking } = await ask(() => ({ text: 'Yes.', usage }), models[0], 0);
    await expect(asking).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(provider.requests).toHaveLength(0);
  });

  test('needs a price when there is a budget', async () => {
    provider = await scriptedProvider(() => ({ text: 'Yes.', usage }));
    const env = { HOSTED_VLLM_API_BASE: provider.url };
    const opening = openModel(evaluationContext({ budgetUsd: 1 }), 'hosted_vllm/mine', { env });
    await expect(opening).rejects.toMatchObject({ code: 'PRICE_UNKNOWN' });
  });
});
