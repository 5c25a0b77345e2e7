import { createContainer, tokens } from '@cooperbench/core';
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
