import { rmSync } from 'node:fs';
import type { Backend, Layer } from '@cooperbench/core';
import { buildImages } from '@cooperbench/dataset-tools';
import { createContainer, tokens } from '@cooperbench/runs';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { readDefaultPlugins } from '../library/bundled.ts';
import { agentChecks } from './agent.ts';
import type { Check } from './check.ts';

const options = { version: '9.8.7' };

const frameworks = [
  ['claude_code', 'claude-code-9.8.7'],
  ['codex', 'codex-9.8.7'],
  ['mini_swe_agent_cli', 'mini-swe-agent-9.8.7'],
  ['swe_agent', 'swe-agent-9.8.7'],
] as const;

test.for(frameworks)('doctor finds the software of %s', async ([agent, key]) => {
  const registry = createContainer(await readDefaultPlugins()).get(tokens.registry);
  const none = { access: undefined, backend: undefined, image: undefined };
  const request = { ...none, options, signal: new AbortController().signal };
  const checks: Check[] = [];
  for await (const check of agentChecks(registry, agent, request)) checks.push(check);
  expect(checks).toMatchObject([
    { what: 'agent', status: 'ok' },
    { what: 'keys' },
    { what: 'software', text: `${key} was not checked` },
  ]);
});

test.for(frameworks)('prepare adds the software of %s to images', async ([agent, key]) => {
  const added: Layer[] = [];
  const prepare: Backend['prepare'] = async ({ layers = [] }) => {
    added.push(...layers);
    return { from: 'image', reference: 'sha256:1', made: true };
  };
  const backends = { images: { create: (): Backend => ({ ...hostBackend(), prepare }) } };
  const datasetDir = shellTask();
  onTestFinished(() => rmSync(datasetDir, { recursive: true }));
  const plugins = [...(await readDefaultPlugins()), { name: 'test', apiVersion: 1, backends } as const];
  const built = await buildImages(createContainer(plugins).get(tokens.host), {
    datasetDir,
    backend: 'images',
    concurrency: 1,
    agent,
    agentOptions: { [agent]: options },
  });
  expect(built).toMatchObject([{ state: 'built', error: null }]);
  expect(added).toMatchObject([{ key }]);
});
