import type { ModelAccess } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { resolveEndpoint } from './endpoint.ts';
import { type Environment, resolveModel } from './resolve.ts';
import { providers } from './table.ts';

const endpoint = (
  model: string,
  env: Environment,
  baseUrl?: string,
  chosenByProject?: ModelAccess['chosenByProject'],
) => resolveEndpoint(resolveModel(model, env), env, { baseUrl, chosenByProject });

test.for([
  ['gpt-5', 'openai', 'gpt-5'],
  ['o3-mini', 'openai', 'o3-mini'],
  ['claude-3-5-sonnet-20241022', 'anthropic', 'claude-3-5-sonnet-20241022'],
  ['gemini-2.5-pro', 'vertex_ai', 'gemini-2.5-pro'],
  ['vertex_ai/gemini-3-flash-preview', 'vertex_ai', 'gemini-3-flash-preview'],
  ['openrouter/meta-llama/llama-3.3:free', 'openrouter', 'meta-llama/llama-3.3:free'],
  ['fireworks_ai/qwen3', 'fireworks_ai', 'accounts/fireworks/models/qwen3'],
  ['fireworks_ai/accounts/me/models/mine', 'fireworks_ai', 'accounts/me/models/mine'],
] as const)('%s is %s’s %s', ([id, provider, name]) => {
  expect(resolveModel(id, {})).toMatchObject({ provider, name });
});

test('a bare gemini uses the Gemini API when its key is set', () => {
  expect(resolveModel('gemini-2.5-pro', { GEMINI_API_KEY: 'k' }).provider).toBe('gemini');
  expect(resolveModel('gemini-2.5-pro', { GOOGLE_API_KEY: 'k' }).provider).toBe('gemini');
});

test.for([
  [
    'opneai/gpt-4o',
    'The model "opneai/gpt-4o" does not name a known provider and a model.',
    'Did you mean "openai"?',
  ],
  ['openai/', 'The model "openai/" does not name a known provider and a model.', 'Did you mean "openai"?'],
  ['constructor/x', 'The model "constructor/x" does not name a known provider and a model.', undefined],
  [
    'llama-3',
    'No provider is known for the model "llama-3".',
    'Write it as PROVIDER/MODEL, with one of: openai, anthropic, gemini, vertex_ai, openrouter, together_ai, fireworks_ai, groq, deepseek, mistral, xai, ollama, ollama_chat, hosted_vllm, litellm_proxy.',
  ],
] as const)('%s is refused', ([id, message, hint]) => {
  expect(() => resolveModel(id, {})).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_MODEL_PROVIDER', message, ...(hint && { hint }) }),
  );
});

test('every hosted provider is reached at its own address with its own key', () => {
  const addresses = Object.entries(providers).map(([id, row]) => {
    const env = Object.fromEntries(row.keys.slice(-1).map((name) => [name, 'k']));
    const set = row.baseUrl === undefined ? 'http://127.0.0.1:8000' : undefined;
    return `${id} ${endpoint(`${id}/m`, env, set).baseUrl} ${row.keys.join(' ')}`;
  });
  expect(addresses).toMatchInlineSnapshot(`
    [
      "openai https://api.openai.com/v1 OPENAI_API_KEY",
      "anthropic https://api.anthropic.com/v1 ANTHROPIC_API_KEY",
      "gemini https://generativelanguage.googleapis.com/v1beta GEMINI_API_KEY GOOGLE_API_KEY",
      "vertex_ai http://127.0.0.1:8000 ",
      "openrouter https://openrouter.ai/api/v1 OPENROUTER_API_KEY",
      "together_ai https://api.together.xyz/v1 TOGETHERAI_API_KEY TOGETHER_API_KEY TOGETHER_AI_TOKEN",
      "fireworks_ai https://api.fireworks.ai/inference/v1 FIREWORKS_API_KEY FIREWORKS_AI_API_KEY FIREWORKSAI_API_KEY",
      "groq https://api.groq.com/openai/v1 GROQ_API_KEY",
      "deepseek https://api.deepseek.com/v1 DEEPSEEK_API_KEY",
      "mistral https://api.mistral.ai/v1 MISTRAL_API_KEY",
      "xai https://api.x.ai/v1 XAI_API_KEY",
      "ollama http://localhost:11434/v1 OLLAMA_API_KEY",
      "ollama_chat http://localhost:11434/v1 OLLAMA_API_KEY",
      "hosted_vllm http://127.0.0.1:8000/v1 HOSTED_VLLM_API_KEY",
      "litellm_proxy http://127.0.0.1:8000/v1 LITELLM_PROXY_API_KEY",
    ]
  `);
});

test.for([
  ['gpt-4o', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
  ['gpt-4o', 'http://127.0.0.1:8000/openai/', 'http://127.0.0.1:8000/openai'],
  ['claude-x', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
  ['claude-x', 'http://127.0.0.1:8000/anthropic', 'http://127.0.0.1:8000/anthropic/v1'],
  ['claude-x', 'http://127.0.0.1:8000/anthropic/v1/', 'http://127.0.0.1:8000/anthropic/v1'],
  ['gemini/x', 'http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1beta'],
] as const)('%s at %s is asked at %s', ([model, input, expected]) => {
  expect(endpoint(model, { COOPERBENCH_API_KEY: 'k' }, input).baseUrl).toBe(expected);
});

test('COOPERBENCH_API_KEY is only sent to an address of the user’s own, where it comes first', () => {
  const env = { COOPERBENCH_API_KEY: 'mine', OPENAI_API_KEY: 'theirs' };
  expect(endpoint('gpt-4o', env).key).toBe('theirs');
  expect(endpoint('gpt-4o', env, 'http://127.0.0.1:8000').key).toBe('mine');
  expect(endpoint('gpt-4o', { OPENAI_API_KEY: 'theirs' }, 'http://127.0.0.1:8000').key).toBe('theirs');
});

const hostile = 'http://127.0.0.1:6666/v1';

test.for([
  ['configuration', 'a configuration file of the project'],
  ['.env', '.env'],
] as const)('a base URL from %s gets no provider key of the environment', ([baseUrl, place]) => {
  const env = { OPENAI_API_KEY: 'sk-of-the-user' };
  expect(() => endpoint('gpt-4o', env, hostile, { baseUrl })).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_WITHHELD',
      message: `The address http://127.0.0.1:6666/v1 for "gpt-4o" comes from ${place}, so CooperBench does not send OPENAI_API_KEY there.`,
      hint: 'If you trust this address, give it with --base-url or --seat-base-url, or set COOPERBENCH_BASE_URL or OPENAI_BASE_URL or OPENAI_API_BASE in the environment. Or put a key for this address alone into COOPERBENCH_API_KEY.',
    }),
  );
  const own = { ...env, COOPERBENCH_API_KEY: 'mine' };
  expect(endpoint('gpt-4o', own, hostile, { baseUrl }).key).toBe('mine');
  expect(() => endpoint('hosted_vllm/m', { HOSTED_VLLM_API_KEY: 'k' }, hostile, { baseUrl })).toThrow(
    expect.objectContaining({ code: 'MODEL_KEY_WITHHELD' }),
  );
  expect(endpoint('hosted_vllm/m', {}, hostile, { baseUrl }).key).toBeUndefined();
  expect(() => endpoint('vertex_ai/gemini-x', {}, hostile, { baseUrl })).toThrow(
    expect.objectContaining({ code: 'MODEL_KEY_WITHHELD' }),
  );
});

test('a project’s address gets no key that the user set for another address of the run', () => {
  const env = { COOPERBENCH_API_KEY: 'mine' };
  const chosen = { baseUrl: 'configuration', keyBelongsToOtherUrl: true } as const;
  expect(() => endpoint('gpt-4o', env, hostile, chosen)).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_WITHHELD',
      message:
        'The address http://127.0.0.1:6666/v1 for "gpt-4o" comes from a configuration file of the project, so CooperBench does not send COOPERBENCH_API_KEY there.',
      hint: 'If you trust this address, give it with --base-url or --seat-base-url, or set COOPERBENCH_BASE_URL or OPENAI_BASE_URL or OPENAI_API_BASE in the environment.',
    }),
  );
  expect(endpoint('hosted_vllm/m', {}, hostile, chosen).key).toBeUndefined();
});

test('a provider’s address from .env gets the keys of .env, and none of the environment', () => {
  const env = { OPENAI_BASE_URL: hostile, OPENAI_API_KEY: 'k' };
  const variables = ['OPENAI_BASE_URL'];
  expect(() => endpoint('gpt-4o', env, undefined, { variables })).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_WITHHELD',
      hint: 'If you trust this address, give it with --base-url or --seat-base-url, or set COOPERBENCH_BASE_URL or OPENAI_BASE_URL or OPENAI_API_BASE in the environment.',
    }),
  );
  expect(() =>
    endpoint('vertex_ai/gemini-x', { VERTEXAI_API_BASE: hostile }, undefined, {
      variables: ['VERTEXAI_API_BASE', 'GOOGLE_APPLICATION_CREDENTIALS'],
    }),
  ).toThrow(expect.objectContaining({ code: 'MODEL_KEY_WITHHELD' }));
  const both = { variables: [...variables, 'OPENAI_API_KEY'] };
  expect(endpoint('gpt-4o', env, undefined, both)).toMatchObject({ baseUrl: hostile, key: 'k' });
  expect(endpoint('gpt-4o', env, hostile, { ...both, baseUrl: '.env' }).key).toBe('k');
  // Whoever wrote the configuration file did not write .env, which is often not in the repository.
  expect(() => endpoint('gpt-4o', env, hostile, { ...both, baseUrl: 'configuration' })).toThrow(
    expect.objectContaining({ code: 'MODEL_KEY_WITHHELD' }),
  );
});

test('a key from .env goes to an address that the user chose', () => {
  const chosen = { variables: ['OPENAI_API_KEY'] };
  expect(endpoint('gpt-4o', { OPENAI_API_KEY: 'k' }, undefined, chosen).key).toBe('k');
  expect(endpoint('gpt-4o', { OPENAI_API_KEY: 'k' }, 'http://127.0.0.1:1', chosen).key).toBe('k');
});

test('a missing key is refused with the variables to set', () => {
  expect(() => endpoint('together_ai/m', {})).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_MISSING',
      message: 'The model "together_ai/m" needs a key, and none is set.',
      hint: 'Set TOGETHERAI_API_KEY or TOGETHER_API_KEY or TOGETHER_AI_TOKEN in the environment or in .env.',
    }),
  );
  expect(() => endpoint('gpt-4o', {}, 'http://127.0.0.1:8000')).toThrow(
    expect.objectContaining({
      hint: 'Set COOPERBENCH_API_KEY or OPENAI_API_KEY in the environment or in .env. If the server needs no key, set it to any value.',
    }),
  );
});

test('a server of the user’s own needs an address and no key', () => {
  expect(() => endpoint('hosted_vllm/m', {})).toThrow(
    expect.objectContaining({
      code: 'MODEL_BASE_URL_MISSING',
      hint: 'Set --base-url or HOSTED_VLLM_API_BASE.',
    }),
  );
  const env = { HOSTED_VLLM_API_BASE: 'http://gpu:8000/v1' };
  expect(endpoint('hosted_vllm/m', env)).toEqual({ baseUrl: 'http://gpu:8000/v1', key: undefined });
});

test('an invalid address is refused', () => {
  expect(() => endpoint('hosted_vllm/m', {}, 'localhost:8000')).toThrow(
    expect.objectContaining({ code: 'MODEL_BASE_URL' }),
  );
});

test('an invalid key is refused and not shown', () => {
  expect(() => endpoint('gpt-4o', { OPENAI_API_KEY: 'sk-“secret”' })).toThrow(
    expect.objectContaining({
      code: 'MODEL_KEY_INVALID',
      message: 'The key for "gpt-4o" contains characters that no key contains.',
    }),
  );
});
