import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { providerKey as key } from '@cooperbench/testing/frameworks';
import { afterAll, expect, test } from 'vitest';
import plugin from './index.ts';
import { createMiniSweAgentCli } from './mini-swe-agent.ts';
import { createSweAgent } from './swe-agent.ts';

const env = { COOPERBENCH_API_KEY: key };
const folder = mkdtempSync(join(tmpdir(), 'swe-agent-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test.for([
  ['list.yaml', '- agent\n', 'it has no keys'],
  ['torn.yaml', 'agent: {', /./],
])('the configuration %s is refused before the run', async ([name, text, reason]) => {
  const configFile = file(String(name), String(text));
  const error = await createMiniSweAgentCli({}, env)
    .preflight?.({ model: 'gpt-4o', baseUrl: 'http://127.0.0.1:1', configFile })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_CONFIG');
  expect(String(error)).toMatch(reason as RegExp);
});

test('models on Vertex AI are refused before the run', async () => {
  const error = await createSweAgent({}, { ...env, VERTEXAI_PROJECT: 'p', VERTEXAI_LOCATION: 'us-central1' })
    .preflight?.({ model: 'vertex_ai/gemini-2.5-pro', baseUrl: 'http://127.0.0.1:1' })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_MODEL_FORMAT');
});

const registry = createContainer([plugin()]).get(tokens.registry);

test.for([
  ['mini_swe_agent_cli', { version: '2.4.5' }, 'mini-swe-agent-2.4.5'],
  ['swe_agent', { source: '/task/source.tar.gz' }, 'swe-agent-1.1.0'],
] as const)('the layer of %s is a script of sh with its options', ([agent, givenValue, key]) => {
  const [layer] =
    registry.get('agents', agent).layers?.({ ...givenValue, registry: 'https://pypi.example' }) ?? [];
  expect(layer?.key).toBe(key);
  for (const [name, value] of Object.entries({ ...givenValue, registry: 'https://pypi.example' }))
    expect(layer?.install).toContain(`${name}='${value}'\n`);
  expect(spawnSync('sh', ['-n'], { input: layer?.install }).stderr.toString()).toBe('');
});

test.for([
  ['mini_swe_agent_cli', { source: '/task/source.tar.gz' }],
  ['swe_agent', { source: "/x'" }],
  ['swe_agent', { source: 'source.tar.gz' }],
  ['swe_agent', { command: 'python3 -X' }],
] as const)('%s refuses %o', ([agent, options]) => {
  expect(() => registry.checkOptions('agents', agent, options)).toThrow(/are not valid/);
});
