import { fitPluginOptions, loadConfiguration } from '@cooperbench/command/config';
import { type JsonSchema, objectSchema, option } from '@cooperbench/core';
import { listValidationErrors } from '@cooperbench/core/host';
import { createContainer, tokens } from '@cooperbench/runs';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { readDefaultPlugins } from '../library/bundled.ts';
import { buildSchemaWithPlugins } from './plugin-schemas.ts';

const registry = createContainer(await readDefaultPlugins()).get(tokens.registry);

/** One value for every key that a file may have. */
const example = {
  $schema: './schema.json',
  extends: ['./base.yaml'],
  plugins: ['@lab/plugin'],
  profiles: { night: { maxSteps: '${STEPS}' } },
  experiments: { e: { matrix: { channels: [['git'], []] }, exclude: [{ channels: [] }] } },
  seats: { agent1: { model: 'm', baseUrl: 'u', agentConfig: './a' } },
  prices: { m: { input: 1, output: 2, cache_read: 0.1 } },
  ...{ name: 'n', subset: 's', repo: 'r', task: 0, features: [1, 2], model: 'm', agent: 'a' },
  ...{ concurrency: 1, setting: 'duo', backend: 'b', redis: 'redis://h', bus: 'b', channels: ['git'] },
  ...{
    git: '${GIT}',
    messaging: true,
    barrier: false,
    autoEval: true,
    evalConcurrency: 1,
    agentConfig: './a',
    baseUrl: 'u',
  },
  ...{ maxCost: 0.5, maxSteps: 1, timeout: '1h30m', budget: 1, datasetDir: 'd', logDir: 'l' },
  ...{
    reporter: 'json',
    network: 'registries',
    evalNetwork: 'none',
    warm: false,
    registries: ['pypi.example.org'],
    failUnder: 50,
    unisolated: true,
    evaluator: 'e',
    mergePolicy: 'm',
    imagePattern: 'i',
  },
  ...{
    agentOptions: { oracle: {} },
    backendOptions: { docker: { cpus: 1 } },
    busOptions: { redis: {} },
    evaluatorOptions: {},
    reporterOptions: {},
  },
  ...{
    settingOptions: { solo: {} },
    channelOptions: { git: {} },
    channelFaults: { messages: { drop: 0.2 } },
  },
  ...{ buildConcurrency: 1, repeat: 2, datasetRevision: 'r', prepareConcurrency: 64, demoBackend: 'b' },
};

test('the printed schema accepts what a file may say, variables included, and nothing else', () => {
  const schema = buildSchemaWithPlugins(registry) as JsonSchema & { properties: Record<string, JsonSchema> };
  expect(Object.keys(schema.properties).sort()).toEqual(Object.keys(example).sort());
  expect(listValidationErrors(schema, example)).toEqual([]);
  expect(schema.properties.maxCost).toEqual({
    type: ['number', 'string'],
    pattern: '\\$\\{',
    minimum: 0,
    description: 'US dollars that a seat may spend.',
    default: 3,
  });
  const invalid = { ...example, maxcost: 3, network: 'opne', backendOptions: { docker: { cpu: 1 } } };
  expect(
    listValidationErrors(schema, invalid)
      .map(({ path }) => path.join('.'))
      .sort(),
  ).toEqual([...['backendOptions.docker.cpu', 'maxcost', 'network']]);
  // A plugin of the project may provide it.
  expect(listValidationErrors(schema, { backendOptions: { slurm: { queue: 'long' } } })).toEqual([]);
});

const checked = async (content: object): Promise<unknown> => {
  const folder = folderWith({ 'cooperbench.config.json': content });
  const configuration = await loadConfiguration({ cwd: folder, environment: {}, profile: 'p' });
  return findRefusal(() => fitPluginOptions(registry, configuration));
};

test('options of plugins are checked against their own schemas, in profiles too', async () => {
  expect(
    await checked({ profiles: { p: { backendOptions: { docker: { network: 'none', cpu: 2 } } } } }),
  ).toMatchObject({
    code: 'CONFIG_INVALID',
    message:
      'cooperbench.config.json:7:11: profiles.p.backendOptions.docker.cpu: unknown key "cpu"; did you mean "cpus"?',
  });
  expect(await checked({ profiles: { p: { backendOptions: { docker: { pull: 'maybe' } } } } })).toMatchObject(
    {
      message:
        'cooperbench.config.json:6:11: profiles.p.backendOptions.docker.pull: found "maybe", expected one of: missing, always, never',
    },
  );
  expect(await checked({ profiles: { p: {} }, backendOptions: { dokcer: {} } })).toEqual({
    code: 'CONFIG_INVALID',
    message: 'cooperbench.config.json:6:5: backendOptions.dokcer: There is no backend "dokcer".',
    hint: 'Did you mean "docker"?',
  });
  expect(await checked({ profiles: { p: {} }, agentOptions: { oracle: { wise: true } } })).toMatchObject({
    message: 'cooperbench.config.json:7:7: agentOptions.oracle.wise: unknown key "wise"',
  });
});

const needy = createContainer([
  {
    name: 'needy',
    apiVersion: 1,
    backends: {
      ssh: {
        options: objectSchema(
          { host: option.text('Where.'), port: option.integer(1, 'Of SSH.') },
          { required: ['host'] },
        ),
        create: () => expect.fail('nothing is made'),
      },
    },
  },
]).get(tokens.registry);

test('options of a plugin without a schema are not checked', async () => {
  const { create } = needy.get('backends', 'ssh');
  const unchecked = createContainer([{ name: 'free', apiVersion: 1, backends: { ssh: { create } } }]).get(
    tokens.registry,
  );
  const content = { backendOptions: { ssh: { port: 22 } } };
  const configuration = await loadConfiguration({
    cwd: folderWith({ 'cooperbench.config.json': content }),
    environment: {},
  });
  expect(fitPluginOptions(unchecked, configuration)).toEqual([]);
  const schema = buildSchemaWithPlugins(unchecked) as JsonSchema;
  expect(listValidationErrors(schema, content)).toEqual([]);
  expect(listValidationErrors(schema, { backendOptions: { ssh: 22 } })).toHaveLength(1);
});

test('what is missing in one place may be said in another, and is missed when the plugin is made', async () => {
  const folder = folderWith({
    'cooperbench.config.json': { backendOptions: { ssh: { port: 22 } }, profiles: { p: {} } },
  });
  const configuration = await loadConfiguration({ cwd: folder, environment: {}, profile: 'p' });
  expect(fitPluginOptions(needy, configuration)).toEqual([]);
  await expect(needy.make('backends', 'ssh', configuration.values.backendOptions?.ssh)).rejects.toThrow(
    'The options of the backend "ssh" are not valid:\n  the key "host" is missing',
  );
});

test('options of what is not there are a warning, as long as it is not asked for', async () => {
  const folder = folderWith({ 'cooperbench.config.json': { backendOptions: { slurm: { queue: 'long' } } } });
  const configuration = await loadConfiguration({ cwd: folder, environment: {} });
  expect(fitPluginOptions(registry, configuration)).toEqual([
    'cooperbench.config.json:3:5: backendOptions.slurm: There is no backend "slurm".',
  ]);
});
