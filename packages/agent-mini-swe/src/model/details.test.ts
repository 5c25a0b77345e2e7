import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { reasoningSignature, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createMiniSweAgent } from '../agent.ts';
import { submitCommand } from '../shell/submission.ts';
import { type Answer, modelServer } from './model-server.test.support.ts';
import { runAgainst, submission } from './run-against.test.support.ts';
import { anthropicMessages, chatCompletions, generateContent, responses } from './wires.test.support.ts';

test('Claude’s prompt carries cache breakpoints on the system prompt and the last turns', async () => {
  const call: Answer = { body: anthropicMessages.call('bash', { command: 'true' }) };
  const { requests } = await runAgainst('claude-sonnet-4-5', [call, call, submission(anthropicMessages)]);
  const ephemeral = { type: 'ephemeral' };
  const { system, messages } = requests[2]?.body ?? {};
  expect(system[0].cache_control).toEqual(ephemeral);
  const marks = messages.map((message: { content: { cache_control?: unknown }[] }) =>
    message.content.map((block) => block.cache_control !== undefined),
  );
  expect(marks).toEqual([[false], [false, false], [true], [false, false], [true]]);
});

test.for([
  ['claude-sonnet-4-5', { type: 'thinking', thinking: 'Why?', signature: reasoningSignature }],
  ['openai/responses/gpt-5', { type: 'reasoning', encrypted_content: reasoningSignature }],
  ['deepseek/deepseek-reasoner', { role: 'assistant', reasoning_content: 'Why?' }],
  ['gemini/gemini-3-flash-preview', { functionCall: {}, thoughtSignature: reasoningSignature }],
] as const)('%s receives its own reasoning again, in every later turn', async ([model, part]) => {
  const call = (command: string) => ({ name: 'bash', arguments: { command } });
  await using provider = await scriptedProvider([
    { reasoning: 'Why?', text: 'So.', toolCalls: [call('true'), call('true')] },
    { toolCalls: [call('true')] },
    { toolCalls: [call(submitCommand)] },
  ]);
  await using workspace = await hostSandbox();
  const { context } = fakeSeat(workspace, { model, baseUrl: provider.url });
  await createMiniSweAgent({ env: { COOPERBENCH_API_KEY: 'k' } }).run('x', context);
  for (const { body } of provider.requests.slice(1)) {
    const turns = body.messages ?? body.input ?? body.contents;
    const parts = turns.flatMap((turn: { content?: unknown; parts?: unknown }) => [
      turn,
      ...[turn.content ?? turn.parts ?? []].flat(),
    ]);
    expect(parts).toContainEqual(
      expect.objectContaining(
        Object.fromEntries(
          Object.entries(part).map(([key, value]) => [
            key,
            typeof value === 'string' ? value : expect.anything(),
          ]),
        ),
      ),
    );
  }
});

test('malformed arguments and unknown tools are answered in a valid history', async () => {
  const malformed = chatCompletions.call('bash', {});
  malformed.choices[0].message.tool_calls[0].function.arguments = 'ls -la';
  const { requests, error, seat } = await runAgainst('gpt-4o', [
    { body: malformed },
    { body: chatCompletions.call('str replace!', {}) },
    submission(chatCompletions),
  ]);
  expect(error).toBeUndefined();
  expect(seat.steps()).toBe(3);
  const history = requests[2]?.body.messages;
  expect(history[2].tool_calls[0].function).toEqual({ name: 'bash', arguments: '{"not_json":"ls -la"}' });
  expect(history[3].content).toContain('not a JSON object');
  expect(history[4].tool_calls[0].function.name).toBe('str_replace_');
  expect(history[5].content).toContain('There is no tool \\"str replace!\\"');
});

test('a Retry-After may be a date', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) });
  onTestFinished(() => void vi.useRealTimers());
  const date = new Date(Date.now() + 90_000).toUTCString();
  const busy = { status: 429, headers: { 'retry-after': date }, body: {} };
  const { waits } = await runAgainst('gpt-4o', [busy, submission(chatCompletions)]);
  expect(waits[0]).toBe(90_000);
});

test('an abort ends the wait for a retry with its reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stop');
  const real = createMiniSweAgent();
  expect(real.preflight).toBeDefined();
  await using server = await modelServer([{ status: 429, headers: { 'retry-after': '60' }, body: {} }]);
  await using workspace = await hostSandbox();
  const agent = createMiniSweAgent({ env: { OPENAI_API_KEY: 'k' } });
  const ran = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: server.url, signal: controller.signal });
  setTimeout(() => controller.abort(reason), 500);
  await expect(agent.run('x', ran.context)).rejects.toBe(reason);
});

test('model calls go through the proxy of the environment', async () => {
  const hosts: string[] = [];
  const proxy = createServer().on('connect', (request, client) => {
    hosts.push(request.url ?? '');
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.pipe(server).pipe(client);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  vi.stubEnv('NO_PROXY', '');
  try {
    const { error, requests } = await runAgainst('gpt-4o', [submission(chatCompletions)]);
    expect(error).toBeUndefined();
    expect(hosts).toEqual([requests[0]?.headers.host]);
  } finally {
    vi.unstubAllEnvs();
    proxy.close();
  }
});

test('model settings of the agent configuration reach the wire', async () => {
  const { requests } = await runAgainst('gpt-4o', [submission(chatCompletions)], {
    config: 'model: { temperature: 0.2, max_output_tokens: 700, provider_options: { openai: { user: me } } }',
  });
  expect(requests[0]?.body).toMatchObject({ temperature: 0.2, max_tokens: 700, user: 'me' });
});

test.for([
  ['gpt-4o', chatCompletions, 3],
  ['hosted_vllm/org/model', chatCompletions, 3],
  ['gemini/gemini-3-flash-preview', generateContent, 3],
  ['mistral/mistral-large-latest', chatCompletions, undefined],
  ['claude-sonnet-4-5', anthropicMessages, undefined],
  ['openai/responses/gpt-5', responses, undefined],
] as const)('%s gets the seed of a repetition if its API takes one', async ([model, wire, expected]) => {
  const { requests, seat } = await runAgainst(model, [submission(wire)], { seed: 3 });
  const { seed, generationConfig } = requests[0]?.body ?? {};
  expect(seed ?? generationConfig?.seed).toBe(expected);
  expect(seat.texts('log').filter((text) => text.includes('warns'))).toEqual([]);
});

test.for([
  ['gpt-4o', false, undefined],
  ['litellm_proxy/any', true, 3],
] as const)('for %s, the agent configuration may say %s to a seed', async ([model, seed, expected]) => {
  const config = `model: { seed: ${seed} }`;
  const { requests } = await runAgainst(model, [submission(chatCompletions)], { seed: 3, config });
  expect(requests[0]?.body.seed).toBe(expected);
});

test('the Responses API can be named, and stores nothing', async () => {
  const call: Answer = { body: responses.call('bash', { command: 'true' }) };
  const { requests } = await runAgainst('openai/responses/gpt-5', [call, submission(responses)]);
  expect(requests[1]).toMatchObject({ path: '/v1/responses', body: { model: 'gpt-5', store: false } });
  const types = requests[1]?.body.input.map(
    (item: { type?: string; role?: string }) => item.type ?? item.role,
  );
  expect(types).toEqual(['developer', 'user', 'assistant', 'function_call', 'function_call_output']);
  expect(requests[1]?.body.include).toContain('reasoning.encrypted_content');
});

test('a setting that the provider’s client ignores is logged once', async () => {
  const call: Answer = { body: chatCompletions.call('bash', { command: 'true' }) };
  const { seat } = await runAgainst('o3', [call, call, submission(chatCompletions)], {
    config: 'model: { temperature: 0 }',
  });
  const warned = seat.texts('log').filter((text) => text.startsWith("the model's client warns: "));
  expect(warned).toHaveLength(1);
  expect(warned[0]).toContain('temperature');
});
