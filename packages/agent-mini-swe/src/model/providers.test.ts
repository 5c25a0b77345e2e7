import type { Sandbox } from '@cooperbench/core';
import { type FakeSeat, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMiniSweAgent } from '../agent.ts';
import { submitCommand } from '../shell/submission.ts';
import { type Answer, type ModelServer, modelServer } from './model-server.test.support.ts';
import {
  anthropicMessages,
  chatCompletions,
  generateContent,
  responses,
  type Wire,
} from './wires.test.support.ts';

const key = 'sk-very-secret-0123456789';
const vertex = { VERTEXAI_PROJECT: 'p1', VERTEXAI_LOCATION: 'us-east5', COOPERBENCH_API_KEY: key };

interface Case {
  readonly model: string;
  readonly wire: Wire;
  readonly env: Readonly<Record<string, string>>;
  /** Path of its requests, the model's name as the API gets it, and the header that carries the key. */
  readonly path: string;
  readonly name: string;
  readonly header: readonly [name: string, value: string];
  readonly cacheWrites?: number;
}

const bearer = ['authorization', `Bearer ${key}`] as const;
const compatible = (model: string, variable: string, name: string): Case => ({
  model,
  wire: chatCompletions,
  env: { [variable]: key },
  path: '/v1/chat/completions',
  name,
  header: bearer,
});

const cases: readonly Case[] = [
  compatible('gpt-4o', 'OPENAI_API_KEY', 'gpt-4o'),
  compatible('openai/o3', 'OPENAI_API_KEY', 'o3'),
  { ...compatible('gpt-5-codex', 'OPENAI_API_KEY', 'gpt-5-codex'), wire: responses, path: '/v1/responses' },
  {
    model: 'claude-sonnet-4-5',
    wire: anthropicMessages,
    env: { ANTHROPIC_API_KEY: key },
    path: '/v1/messages',
    name: 'claude-sonnet-4-5',
    header: ['x-api-key', key],
    cacheWrites: 100,
  },
  {
    model: 'gemini-2.5-flash',
    wire: generateContent,
    env: { GEMINI_API_KEY: key },
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    name: 'gemini-2.5-flash',
    header: ['x-goog-api-key', key],
  },
  {
    model: 'vertex_ai/gemini-3-flash-preview',
    wire: generateContent,
    env: vertex,
    path: '/v1beta1/projects/p1/locations/us-east5/publishers/google/models/gemini-3-flash-preview:generateContent',
    name: 'gemini-3-flash-preview',
    header: bearer,
  },
  {
    model: 'vertex_ai/claude-sonnet-4-5@20250929',
    wire: anthropicMessages,
    env: vertex,
    path: '/v1/projects/p1/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict',
    name: 'claude-sonnet-4-5@20250929',
    header: bearer,
    cacheWrites: 100,
  },
  compatible('openrouter/anthropic/claude-sonnet-4.5', 'OPENROUTER_API_KEY', 'anthropic/claude-sonnet-4.5'),
  compatible('together_ai/meta-llama/Llama-3.3-70B', 'TOGETHERAI_API_KEY', 'meta-llama/Llama-3.3-70B'),
  compatible('fireworks_ai/deepseek-v3p1', 'FIREWORKS_API_KEY', 'accounts/fireworks/models/deepseek-v3p1'),
  compatible('groq/llama-3.3-70b-versatile', 'GROQ_API_KEY', 'llama-3.3-70b-versatile'),
  compatible('deepseek/deepseek-chat', 'DEEPSEEK_API_KEY', 'deepseek-chat'),
  compatible('mistral/mistral-large-latest', 'MISTRAL_API_KEY', 'mistral-large-latest'),
  compatible('xai/grok-4', 'XAI_API_KEY', 'grok-4'),
  compatible('ollama/qwen3', 'OLLAMA_API_KEY', 'qwen3'),
  compatible('ollama_chat/qwen3', 'OLLAMA_API_KEY', 'qwen3'),
  compatible('hosted_vllm/org/model', 'HOSTED_VLLM_API_KEY', 'org/model'),
  compatible('litellm_proxy/any', 'LITELLM_PROXY_API_KEY', 'any'),
];

interface Ran {
  readonly seat: FakeSeat;
  readonly server: ModelServer;
  readonly waits: number[];
  readonly error: (Error & { code?: string; scope?: string; hint?: string }) | undefined;
}

/** Nothing that the model calls changes it. */
let workspace: Sandbox;
beforeAll(async () => {
  workspace = await hostSandbox();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Runs the agent with the provider's real client. The server answers `before`, then calls two commands. */
async function run(
  test: Case,
  before: readonly Answer[],
  stop: 'submits' | 'never' = 'submits',
): Promise<Ran> {
  const call = (command: string): Answer => ({ body: test.wire.call('bash', { command }) });
  const after = stop === 'never' ? [] : [call('cat README.md'), call(submitCommand)];
  await using server = await modelServer([...before, ...after]);
  const waitsMs: number[] = [];
  const agent = createMiniSweAgent({
    env: test.env,
    random: () => 1,
    sleep: async (ms) => void waitsMs.push(ms),
  });
  const ran = fakeSeat(workspace, { model: test.model, baseUrl: server.url });
  const error = await agent.run('Do it.', ran.context).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  return { seat: ran, server, waits: waitsMs, error };
}

describe.each(cases)('$model', (test_) => {
  const { wire } = test_;
  const failure = (status: number, headers = {}): Answer => ({
    status,
    headers,
    body: wire.failure(status, `it failed with ${status} for ${key}`),
  });

  test('asks in its wire format, without streaming, and runs what the model calls', async () => {
    const { server, seat, error } = await run(test_, []);
    expect(error).toBeUndefined();
    expect(server.requests.map(({ path }) => decodeURIComponent(path))).toEqual([test_.path, test_.path]);
    const [first, second] = server.requests.map((request) => wire.read(request));
    expect(first).toMatchObject({ model: test_.name, tools: ['bash'], results: [], streaming: false });
    expect(first?.system).toContain('You have one tool, bash.');
    expect(second?.results).toHaveLength(1);
    expect(second?.results[0]).toContain('hello');
    expect(server.requests[0]?.headers[test_.header[0]]).toBe(test_.header[1]);
    expect(seat.steps()).toBe(2);
    expect(seat.messages().map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
    ]);
  });

  test('counts the tokens of every call, cached ones included', async () => {
    const { seat } = await run(test_, []);
    expect(seat.usages()).toHaveLength(2);
    expect(seat.usages()[0]).toMatchObject({
      inputTokens: 1000,
      outputTokens: 50,
      cacheReadTokens: 400,
      cacheWriteTokens: test_.cacheWrites ?? 0,
    });
  });

  test('waits as long as a 429 asks and continues; the wait is not a step', async () => {
    const { seat, waits, error } = await run(test_, [failure(429, { 'retry-after': '7' })]);
    expect(error).toBeUndefined();
    expect(waits).toEqual([7000]);
    expect(seat.steps()).toBe(2);
    expect(seat.texts('log')[0]).toContain('attempt 1 of 8');
  });

  test('retries a call after a 500 and after a connection cut half way', async () => {
    const { seat, waits, error } = await run(test_, [failure(500), 'cut']);
    expect(error).toBeUndefined();
    expect(waits).toEqual([1000, 2000]);
    expect(seat.steps()).toBe(2);
  });

  test('ends the whole run on a refused key, and shows the key nowhere', async () => {
    const { error, waits, server, seat } = await run(test_, [failure(401)], 'never');
    expect(error).toMatchObject({ code: 'AGENT_AUTHENTICATION', scope: 'run' });
    expect(error?.message).toContain(test_.model);
    const variable = test_.env === vertex ? 'GOOGLE_APPLICATION_CREDENTIALS' : Object.keys(test_.env)[0];
    expect(error?.hint).toContain(variable);
    expect(JSON.stringify([error, error?.message, error?.hint, error?.cause, seat.events])).not.toContain(
      key,
    );
    expect(waits).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test('ends the whole run on a model the provider does not have', async () => {
    const { error } = await run(test_, [failure(404)], 'never');
    expect(error).toMatchObject({ code: 'AGENT_MODEL', scope: 'run' });
  });

  test('gives up on a server that stays down, for this seat only', async () => {
    const { error, waits } = await run(test_, [failure(503)], 'never');
    expect(error).toMatchObject({ code: 'AGENT_MODEL_UNAVAILABLE', scope: 'seat' });
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]);
  });
});
