import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentDefinition,
  type Layer,
  type ModelAccess,
  objectSchema,
  option,
  type SandboxSpec,
} from '@cooperbench/core';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import { evaluatingContainer } from '../run/evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
});
afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

const options = objectSchema({ version: option.text('Which.') });
const tool = (version = '1'): Layer => ({ key: `tool-${version}`, install: 'true', check: 'true' });

async function layersOf(layers: (givenValue: { version?: string }) => readonly Layer[], given?: object) {
  const agent: AgentDefinition = {
    options,
    layers,
    create: () => ({ run: async () => ({ status: 'Completed' }) }),
  };
  const backend = hostBackend();
  const records: SandboxSpec[] = [];
  const noting = {
    create: (...args: Parameters<typeof backend.create>) => {
      records.push(args[0]);
      return backend.create(...args);
    },
  };
  const plugin = {
    name: 'p',
    apiVersion: 1,
    agents: { a: agent },
    backends: { host: { create: () => noting } },
  } as const;
  await evaluatingContainer([plugin])
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', setting: 'solo', agent: 'a', backend: 'host', autoEval: false, datasetDir, logsDir },
      ...(given && { agentOptions: { a: given } }),
    });
  return records.map((spec) => spec.layers);
}

test('a sandbox is asked for with the layers that its agent needs with its options', async () => {
  const layers = ({ version }: { version?: string }) => [tool(version)];
  expect(await layersOf(layers)).toEqual([[tool()]]);
  rmSync(logsDir, { recursive: true });
  expect(await layersOf(layers, { version: '2' })).toEqual([[tool('2')]]);
});

test('layers that fail are the fault of the plugin, before anything runs', async () => {
  const boom = (): never => {
    throw new Error('boom');
  };
  await expect(layersOf(boom)).rejects.toMatchObject({
    code: 'PLUGIN_FAULT',
    message: 'The agent "a" of plugin p failed in layers: boom',
  });
});

test('each seat reaches its model in its own way, and the run records how', async () => {
  const requests: ModelAccess[] = [];
  const agent: AgentDefinition = {
    create: () => ({
      preflight: async (access) => {
        requests.push(access);
        return [];
      },
      run: async () => ({ status: 'Completed' }),
    }),
  };
  const plugin = {
    name: 'p',
    apiVersion: 1,
    agents: { a: agent },
    backends: { host: { create: () => hostBackend() } },
  } as const;
  const configFile = join(logsDir, 'b.yaml');
  writeFileSync(configFile, 'style: brief\napi_key: sk-of-somebody\n');
  const { runDir } = await evaluatingContainer([plugin])
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'a', backend: 'host', autoEval: false, datasetDir, logsDir },
      ...{
        modelName: 'm',
        baseUrl: 'http://me:pw@a/v1',
        prices: { n: { input: 1, output: 2 }, other: { input: 3, output: 4 } },
      },
      seats: { agent2: { model: 'n', baseUrl: 'http://me:pw@b/v1', agentConfig: configFile } },
      chosenByProject: { seats: ['agent2'], variables: ['V'] },
    });
  expect(requests).toEqual([
    expect.objectContaining({
      model: 'm',
      baseUrl: 'http://me:pw@a/v1',
      chosenByProject: { variables: ['V'] },
    }),
    expect.objectContaining({
      ...{ model: 'n', baseUrl: 'http://me:pw@b/v1', configFile, price: { input: 1, output: 2 } },
      // The user chose the other address, so the key is for that one.
      chosenByProject: { variables: ['V'], baseUrl: 'configuration', keyBelongsToOtherUrl: true },
    }),
  ]);
  const { settings } = JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8'));
  expect(settings.coop).toMatchObject({
    identity: {
      seats: {
        agent2: {
          ...{ model: 'n', base_url: 'http://me:***@b/v1' },
          agent_config: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
      prices: { n: { input: 1, output: 2 } },
    },
    seat_agent_configs: { agent2: 'style: brief\napi_key: ***\n' },
  });
});
