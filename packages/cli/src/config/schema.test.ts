import { createContainer, tokens } from '@cooperbench/core/host';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import Clean from '../commands/clean.ts';
import DatasetBuild from '../commands/dataset/build.ts';
import Demo from '../commands/demo.ts';
import Doctor from '../commands/doctor.ts';
import Eval from '../commands/eval.ts';
import List from '../commands/list.ts';
import Prepare from '../commands/prepare.ts';
import Run from '../commands/run.ts';
import Watch from '../commands/watch.ts';
import { defaultPlugins } from '../plugins/bundled.ts';
import { folderWith, refusal } from './config.test.support.ts';
import { fitPluginOptions } from './fit-plugin-options.ts';
import { loadConfiguration } from './load.ts';
import { schemaWithPlugins } from './plugin-schemas.ts';
import { flagSettings } from './schema.ts';
import { keyOfFlag } from './settings.ts';

const closed = { additionalProperties: false };
const registry = createContainer(await defaultPlugins()).get(tokens.registry);

test('every flag that the environment can give has a key, and every key a flag', () => {
  const commands = [Clean, DatasetBuild, Demo, Doctor, Eval, List, Prepare, Run, Watch];
  const flags = commands.flatMap((command) => Object.values(command.flags as Record<string, FlagLike>));
  const keys = flags.filter(({ multiple }) => !multiple).flatMap((flag) => keyOfFlag(flag) ?? []);
  expect([...new Set(keys)].sort()).toEqual(Object.keys(flagSettings).sort());
});

interface FlagLike {
  readonly env?: string;
  readonly multiple?: boolean;
}

test('the schema with the default plugins', async () => {
  const text = `${JSON.stringify(schemaWithPlugins(registry), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('fixtures/config.schema.json');
});

const checked = async (content: object): Promise<unknown> => {
  const folder = folderWith({ 'cooperbench.config.json': content });
  const configuration = await loadConfiguration({ cwd: folder, environment: {}, profile: 'p' });
  return refusal(() => fitPluginOptions(registry, configuration));
};

test('options of plugins are checked against their own schemas, in profiles too', async () => {
  expect(await checked({ profiles: { p: { backends: { docker: { network: 'none', cpu: 2 } } } } })).toEqual({
    code: 'CONFIG_INVALID',
    message:
      'cooperbench.config.json:7:11: profiles.p.backends.docker.cpu: unknown key "cpu"; did you mean "cpus"?',
    hint: 'See all keys: cooperbench config schema.',
  });
  expect(await checked({ profiles: { p: { backends: { docker: { pull: 'maybe' } } } } })).toMatchObject({
    message:
      'cooperbench.config.json:6:11: profiles.p.backends.docker.pull: found "maybe", expected one of: missing, always, never',
  });
  expect(await checked({ profiles: { p: {} }, backends: { dokcer: {} } })).toEqual({
    code: 'CONFIG_INVALID',
    message: 'cooperbench.config.json:6:5: backends.dokcer: There is no backend "dokcer".',
    hint: 'Did you mean "docker"?',
  });
  expect(await checked({ profiles: { p: {} }, agents: { oracle: { wise: true } } })).toMatchObject({
    message: 'cooperbench.config.json:7:7: agents.oracle.wise: unknown key "wise"',
  });
});

const needy = createContainer([
  {
    name: 'needy',
    apiVersion: 1,
    backends: {
      ssh: {
        options: Type.Object({ host: Type.String(), port: Type.Optional(Type.Integer()) }, closed),
        create: () => expect.fail('nothing is made'),
      },
    },
  },
]).get(tokens.registry);

test('what is missing in one place may be said in another, and is missed when the plugin is made', async () => {
  const folder = folderWith({
    'cooperbench.config.json': { backends: { ssh: { port: 22 } }, profiles: { p: {} } },
  });
  const configuration = await loadConfiguration({ cwd: folder, environment: {}, profile: 'p' });
  expect(fitPluginOptions(needy, configuration)).toEqual([]);
  await expect(needy.make('backends', 'ssh', configuration.values.backends?.ssh)).rejects.toThrow(
    'The options of the backend "ssh" are not valid:\n  (top level): the key "host" is missing',
  );
});

test('options of what is not there are a warning, as long as it is not asked for', async () => {
  const folder = folderWith({ 'cooperbench.config.json': { backends: { slurm: { queue: 'long' } } } });
  const configuration = await loadConfiguration({ cwd: folder, environment: {} });
  expect(fitPluginOptions(registry, configuration)).toEqual([
    'cooperbench.config.json:3:5: backends.slurm: There is no backend "slurm".',
  ]);
});
