import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { createMiniSweAgent } from '../agent.ts';
import { modelServer } from './model-server.test.support.ts';
import { runAgainst, submission } from './run-against.test.support.ts';
import { chatCompletions, generateContent } from './wires.test.support.ts';

test.for<[string, string, number, unknown, object]>([
  [
    'Gemini’s invalid key',
    'gemini/gemini-2.5-flash',
    400,
    { error: { code: 400, message: 'API key not valid.', details: [{ reason: 'API_KEY_INVALID' }] } },
    { code: 'AGENT_AUTHENTICATION', scope: 'run' },
  ],
  [
    'an account without credit, though it says 429',
    'gpt-4o',
    429,
    { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } },
    { code: 'AGENT_QUOTA', scope: 'run' },
  ],
  [
    'a model that OpenRouter does not know',
    'openrouter/no/such',
    400,
    { error: { message: 'no/such is not a valid model ID', code: 400 } },
    { code: 'AGENT_MODEL', scope: 'run' },
  ],
  [
    'a request the provider objects to',
    'gpt-4o',
    400,
    { error: { message: 'Your input was flagged.', code: 'content_policy_violation' } },
    {
      code: 'AGENT_MODEL',
      scope: 'seat',
      message: 'openai refused a request to gpt-4o: Your input was flagged. (HTTP 400)',
    },
  ],
])('%s', async ([, model, status, body, expected]) => {
  const { error } = await runAgainst(model, [{ status, body }]);
  expect(error).toMatchObject(expected);
});

test.for([
  ['gpt-4o', { error: { message: 'Too long.', code: 'context_length_exceeded' } }],
  [
    'claude-sonnet-4-5',
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 200001 tokens > 200000 maximum' },
    },
  ],
  [
    'gemini/gemini-2.5-flash',
    {
      error: {
        code: 400,
        message: 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
        status: 'INVALID_ARGUMENT',
      },
    },
  ],
  [
    'hosted_vllm/m',
    { object: 'error', message: "This model's maximum context length is 8192 tokens.", code: 400 },
  ],
] as const)('%s rejecting the conversation as too long is a limit, not an error', async ([model, body]) => {
  const { error, seat, waits } = await runAgainst(model, [{ status: 400, body }]);
  expect(error).toBeUndefined();
  expect(waits).toEqual([]);
  expect(seat.texts('log').at(-1)).toBe("stopped: the model's context window was reached");
});

test('settings that the provider’s client rejects end the run', async () => {
  const { error, requests } = await runAgainst('gpt-4o', [submission(chatCompletions)], {
    config: 'model: { provider_options: { openai: { user: 5 } } }',
  });
  expect(error).toMatchObject({ code: 'AGENT_MODEL', scope: 'run' });
  expect(requests).toEqual([]);
});

test.for(['gpt-4o', 'groq/llama-3.3-70b-versatile'])(
  'an answer of %s without content is requested again',
  async (model) => {
    const { error, waits } = await runAgainst(model, [{ body: {} }, submission(chatCompletions)]);
    expect(error).toBeUndefined();
    expect(waits).toEqual([1000]);
  },
);

test('an unreachable server fails the seat after all attempts', async () => {
  const agent = createMiniSweAgent({ env: {}, random: () => 1, sleep: async () => {} });
  await using workspace = await hostSandbox();
  const { context } = fakeSeat(workspace, { model: 'hosted_vllm/m', baseUrl: 'http://127.0.0.1:9' });
  await expect(agent.run('x', context)).rejects.toMatchObject({
    code: 'AGENT_MODEL_UNAVAILABLE',
    scope: 'seat',
  });
});

test.for(['gpt-4o', 'vertex_ai/gemini-2.5-flash'])(
  'an answer of %s that is late is requested again',
  async (model) => {
    const wire = model === 'gpt-4o' ? chatCompletions : generateContent;
    const { error, waits, seat } = await runAgainst(model, ['silence', submission(wire)], {
      config: 'model: { timeout_seconds: 0.3 }',
      env: { VERTEXAI_PROJECT: 'p1' },
    });
    expect(error).toBeUndefined();
    expect(waits).toEqual([1000]);
    expect(seat.texts('log')[0]).toContain('no answer within 0.3 s');
  },
);

test('an abort ends a call with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('the seat ran out of time');
  setTimeout(() => controller.abort(reason), 300);
  const { error, waits } = await runAgainst('gpt-4o', ['silence'], { signal: controller.signal });
  expect(error).toBe(reason);
  expect(waits).toEqual([]);
});

test('a timeout while the first call is unanswered counts against the server', async () => {
  const seatTime = new AbortController();
  await using server = await modelServer(['silence']);
  await using workspace = await hostSandbox();
  const givenValue = { model: 'hosted_vllm/m', baseUrl: server.url, signal: seatTime.signal };
  const working = createMiniSweAgent({ env: {} }).run('x', fakeSeat(workspace, givenValue).context);
  const failed = expect(working).rejects.toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE', scope: 'seat' });
  await expect.poll(() => server.requests.length).toBe(1);
  seatTime.abort(new DOMException('The time is up.', 'TimeoutError'));
  await failed;
});

const page = {
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<!DOCTYPE html><html>Welcome</html>',
};

test.for(['gpt-4o', 'claude-sonnet-4-5', 'gemini/gemini-2.5-flash', 'hosted_vllm/m'])(
  'a web page in place of an answer of %s ends the run at once and names the address',
  async (model) => {
    const { error, requests } = await runAgainst(model, [page]);
    expect(requests).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'AGENT_MODEL',
      scope: 'run',
      message: expect.stringMatching(
        /: http:\/\/127\.0\.0\.1:\d+\S* answered with a web page \(HTML\) \(HTTP 200\)$/,
      ),
    });
  },
);

test('a call that a gateway answers with a web page is retried, and the notice names the address', async () => {
  const { error, seat } = await runAgainst('gpt-4o', [{ ...page, status: 502 }, submission(chatCompletions)]);
  expect(error).toBeUndefined();
  expect(seat.texts('notice')).toEqual([
    expect.stringMatching(
      /^A call of gpt-4o failed and is retried: http:\/\/127\S+ answered with a web page \(HTML\) \(HTTP 502\)$/,
    ),
  ]);
});
