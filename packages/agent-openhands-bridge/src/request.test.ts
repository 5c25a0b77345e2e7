import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planModel } from '@cooperbench/agent-kit/providers';
import { ConfigError } from '@cooperbench/core';
import { afterAll, expect, test } from 'vitest';
import { buildConversationRequest, readSettings } from './request.ts';

const env = {
  ...{ OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GEMINI_API_KEY: 'k', OPENROUTER_API_KEY: 'k' },
  HOSTED_VLLM_API_BASE: 'http://127.0.0.1:1',
};

const givenValue = {
  ...{ id: 'c1', modelUrl: 'http://127.0.0.1:5', token: 'token', retries: 4 },
  ...{ repoDir: '/workspace/repo', instructions: 'You are agent1.', tuning: {}, settings: {} },
  mcpServers: [],
};

test.for([
  ['gpt-5.1', { model: 'openai/gpt-5.1', base_url: 'http://127.0.0.1:5/v1' }],
  ['openai/responses/o3', { model: 'openai/o3', base_url: 'http://127.0.0.1:5/v1', api_mode: 'responses' }],
  ['claude-sonnet-4-5', { model: 'anthropic/claude-sonnet-4-5', base_url: 'http://127.0.0.1:5' }],
  ['gemini/gemini-2.5-pro', { model: 'gemini/gemini-2.5-pro', base_url: 'http://127.0.0.1:5/v1beta' }],
  [
    'openrouter/openai/gpt-5.1',
    { model: 'openai/openai/gpt-5.1', base_url: 'http://127.0.0.1:5/v1', api_mode: 'chat' },
  ],
  ['hosted_vllm/qwen', { model: 'openai/qwen', base_url: 'http://127.0.0.1:5/v1', api_mode: 'chat' }],
] as const)('%s is called in the format of its provider', async ([model, expected]) => {
  const plan = await planModel({ model }, undefined, env);
  const llm = { ...expected, api_key: 'token', num_retries: 5 };
  expect(buildConversationRequest({ ...givenValue, plan })).toMatchObject({
    conversation_id: 'c1',
    confirmation_policy: { kind: 'NeverConfirm' },
    workspace: { working_dir: '/workspace/repo' },
    agent: {
      llm: { ...llm, usage_id: 'agent' },
      condenser: { llm: { ...llm, usage_id: 'condenser' } },
      agent_context: { system_message_suffix: 'You are agent1.' },
    },
  });
});

test('MCP servers of the channels are registered', async () => {
  const plan = await planModel({ model: 'gpt-5.1' }, undefined, env);
  expect(buildConversationRequest({ ...givenValue, plan })).not.toHaveProperty('agent.mcp_config');
  const mcpServers = [{ name: 'together', command: '/usr/bin/together' }];
  expect(buildConversationRequest({ ...givenValue, plan, mcpServers })).toMatchObject({
    agent: { mcp_config: { together: { command: '/usr/bin/together', args: [] } } },
  });
});

const folder = mkdtempSync(join(tmpdir(), 'openhands-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settingsOf = (text: string) => {
  writeFileSync(join(folder, 'settings.json'), text);
  return readSettings(join(folder, 'settings.json'));
};

test('options and the agent configuration become fields of the model and the agent', async () => {
  const plan = await planModel({ model: 'gpt-5.1' }, undefined, env);
  const tuning = { effort: 'low', contextWindow: 50_000, temperature: 0, topP: 0.9 };
  const settings = await settingsOf('{ "llm": { "seed": 7 }, "agent": { "system_prompt_kwargs": {} } }');
  const llm = { reasoning_effort: 'low', max_input_tokens: 50_000, temperature: 0, top_p: 0.9, seed: 7 };
  expect(buildConversationRequest({ ...givenValue, plan, tuning, settings })).toMatchObject({
    agent: { system_prompt_kwargs: {}, llm: { ...llm, api_key: 'token' }, condenser: { llm } },
  });
});

test.for([
  ['{ "llm": { "model": "x" } }', 'it has the key "llm.model", which CooperBench sets'],
  ['{ "tools": [] }', 'it has the unknown key "tools"'],
  ['{ "llm": 1 }', '"llm" is not an object'],
] as const)('the agent configuration %s is refused', async ([text, reason]) => {
  const error = await settingsOf(text).catch((error: unknown) => error);
  expect(ConfigError.is(error) && [error.code, error.message]).toEqual([
    'AGENT_CONFIG',
    `The agent configuration ${join(folder, 'settings.json')} cannot be used: ${reason}`,
  ]);
});
