import { join } from 'node:path';
import { createContainer, type Plugin, tokens } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { folderWith, refusal } from '../config/config.test.support.ts';
import { projectPlugins, withProjectPlugins } from './project-plugins.ts';

const of = (name: string): string => `({ name: '${name}', apiVersion: 1 })`;

const entry = (folder: string, plugin: unknown, index = 0) => ({
  ...{ plugin, index },
  source: { path: join(folder, 'c.yaml'), at: (path: readonly string[]) => `c.yaml:${path.join('.')}` },
});

test('packages of the project, files beside the configuration, and plugins in code are loaded', async () => {
  const folder = folderWith({
    'node_modules/@acme/p/package.json': {
      exports: { import: './main.js' },
      oclif: { hooks: { 'cooperbench:plugin': ['./hook.mjs'] } },
    },
    'node_modules/@acme/p/hook.mjs': `export default () => ${of('@acme/p')};`,
    'mine.ts': `const plugin: object = ${of('mine')};\nexport default plugin;`,
  });
  const code: Plugin = { name: 'in-code', apiVersion: 1 };
  const entries = ['@acme/p', './mine.ts', code, () => code].map((plugin) => entry(folder, plugin));
  expect((await projectPlugins(entries)).map(({ name }) => name)).toEqual(['@acme/p', 'mine', 'in-code']);
});

test("the project's own copy of an installed plugin replaces it", () => {
  const [old, own, other]: Plugin[] = ['a', 'a', 'b'].map((name) => ({ name, apiVersion: 1 as const }));
  expect(withProjectPlugins([old!, other!], [own!])).toEqual([other, own]);
});

test.for([
  [
    '@acme/none',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: the package @acme/none is not installed.',
    "Install it: npm install --save-dev @acme/none, in FOLDER. A file's name begins with ./ here.",
  ],
  [
    './none.ts',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: there is no file FOLDER/none.ts.',
    'A path under "plugins" is relative to the file that names it.',
  ],
  [
    '@acme/other',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: the package @acme/other is no plugin of CooperBench.',
    'The package.json of one names its file as the oclif hook "cooperbench:plugin".',
  ],
  [
    './empty.ts',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: ./empty.ts does not give what definePlugin returns.',
    'The file must default-export definePlugin({ … }).',
  ],
  [
    './throws.ts',
    'PLUGIN_LOAD',
    'c.yaml:plugins.0: ./throws.ts could not be loaded: no luck',
    'Mend it, or take it out of "plugins".',
  ],
])('%s is refused with one message', async ([plugin = '', code, message = '', hint = '']) => {
  const folder = folderWith({
    'node_modules/@acme/other/package.json': {},
    'empty.ts': 'export const plugin = {};',
    'throws.ts': 'throw new Error("no luck");',
  });
  expect(await refusal(() => projectPlugins([entry(folder, plugin)]))).toEqual({
    code,
    message: message.replace('FOLDER', folder),
    hint: hint.replace('FOLDER', folder),
  });
});

test('one made for another core, or that claims a name that is taken, is refused', async () => {
  const registry = async (text: string): Promise<unknown> => {
    const folder = folderWith({ 'p.mjs': `export default ${text};` });
    const plugins = await projectPlugins([entry(folder, './p.mjs')]);
    return refusal(() => createContainer(plugins).get(tokens.registry));
  };
  expect(await registry(`{ name: 'p', apiVersion: 2 }`)).toEqual({
    code: 'PLUGIN_API',
    message: 'Plugin p speaks API version 2; this core speaks 1.',
    hint: 'Install a version of p made for this core.',
  });
  expect(await registry(`{ name: 'p', apiVersion: 1, agents: { oracle: {} } }`)).toEqual({
    code: 'PLUGIN_CLASH',
    message: 'Plugins @cooperbench/core and p both bring the agent "oracle".',
    hint: 'Uninstall one of them.',
  });
});
