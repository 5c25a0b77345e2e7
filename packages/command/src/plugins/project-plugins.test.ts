import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Plugin } from '@cooperbench/core';
import { coreVersion } from '@cooperbench/core/host';
import { folderWith } from '@cooperbench/test-support/folder';
import { expect, test } from 'vitest';
import { mergePlugins } from './found-plugins.ts';
import { loadProjectPlugins } from './project-plugins.ts';

const of = (name: string): string => `({ name: '${name}', apiVersion: 1 })`;

const entry = (folder: string, plugin: unknown, index = 0) => ({
  ...{ plugin, index },
  source: {
    ...{ path: join(folder, 'c.yaml'), owner: 'project' as const, folder },
    at: (path: readonly string[]) => `c.yaml:${path.join('.')}`,
  },
});

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

test('packages of the project, files and folders beside the configuration, and plugins in code are loaded', async () => {
  const mine = `const plugin: object = ${of('mine')};\nexport default plugin;`;
  const folder = folderWith({
    'c.yaml': 'plugins: []',
    'node_modules/@acme/p/package.json': {
      version: '1.2.0',
      peerDependencies: { '@cooperbench/core': `^${coreVersion}` },
      exports: { import: './main.js' },
      oclif: { hooks: { 'cooperbench:plugin': ['./hook.mjs'] } },
    },
    'node_modules/@acme/p/hook.mjs': `export default () => ${of('@acme/p')};`,
    'mine.ts': mine,
    'own/package.json': {
      name: '@me/own',
      version: '0.1.0',
      oclif: { hooks: { 'cooperbench:plugin': 'o.mjs' } },
    },
    'own/o.mjs': `export default () => ${of('@me/own')};`,
  });
  const code: Plugin = { name: 'in-code', apiVersion: 1 };
  const entries = ['@acme/p', './mine.ts', code, () => code, './own'].map((plugin) => entry(folder, plugin));
  const { plugins, leftOut, named } = await loadProjectPlugins(entries);
  expect(plugins.map(({ name, version }) => [name, version])).toEqual([
    ['@me/own', '0.1.0'],
    ['in-code', expect.stringMatching(/^sha256:[0-9a-f]{12}$/)],
    ['in-code', expect.stringMatching(/^sha256:[0-9a-f]{12}$/)],
    ['mine', `sha256:${hash(mine).slice(0, 12)}`],
    ['@acme/p', '1.2.0'],
  ]);
  expect(leftOut).toEqual([]);
  const at = 'c.yaml:plugins.0';
  expect(Object.fromEntries(named ?? [])).toEqual({
    '@acme/p': { at, root: join(folder, 'node_modules/@acme/p') },
    mine: { at, root: join(folder, 'mine.ts') },
    'in-code': { at, root: join(folder, 'c.yaml') },
    '@me/own': { at, root: join(folder, 'own') },
  });
  expect((await mergePlugins({ plugins, leftOut, warnings: new Map() })).plugins).toHaveLength(4);
});

test('of two files that name one package, the last counts', async () => {
  const [project, user] = ['1.0.0', '2.0.0'].map((version) => ({ name: 'a', version, apiVersion: 1 }));
  const { plugins } = await mergePlugins(
    await loadProjectPlugins([entry('/', project), entry('/', user, 1)]),
  );
  expect(plugins).toEqual([user]);
});

test.for([
  [
    '@acme/none',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: the package @acme/none is not installed.',
    'Install it: npm install --save-dev @acme/none, in FOLDER. A path starts with ./ here.',
  ],
  [
    './none.ts',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: the file FOLDER/none.ts does not exist.',
    'A path under "plugins" is relative to the file that names it.',
  ],
  [
    '@acme/other',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: the package @acme/other is not a plugin of CooperBench.',
    'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin".',
  ],
  [
    './folder',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: the directory FOLDER/folder has no package.json with a name.',
    'Name the file of the plugin, or the directory of a package whose package.json has the oclif hook "cooperbench:plugin".',
  ],
  [
    '.',
    'PLUGIN_MISSING',
    'c.yaml:plugins.0: the directory FOLDER has no package.json with a name.',
    'Name the file of the plugin, or the directory of a package whose package.json has the oclif hook "cooperbench:plugin".',
  ],
  [
    './hookless',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: the package @me/hookless is not a plugin of CooperBench.',
    'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin".',
  ],
  [
    './misnamed',
    'PLUGIN_SHAPE',
    `c.yaml:plugins.0: @me/misnamed does not export the result of definePlugin: "name" is "p", and must be the package's, "@me/misnamed".`,
    'Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). Fix it, or remove it from "plugins".',
  ],
  [
    './empty.ts',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: ./empty.ts does not export the result of definePlugin: its default export is missing.',
    'The file must default-export definePlugin({ … }).',
  ],
  [
    './nameless.ts',
    'PLUGIN_SHAPE',
    'c.yaml:plugins.0: ./nameless.ts does not export the result of definePlugin: "name" is missing, and must be a string.',
    'The file must default-export definePlugin({ … }).',
  ],
  [
    '@acme/misnamed',
    'PLUGIN_SHAPE',
    `c.yaml:plugins.0: @acme/misnamed 1.2.0 does not export the result of definePlugin: "name" is "p", and must be the package's, "@acme/misnamed".`,
    'Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). Install another version of it in FOLDER, or remove it from "plugins".',
  ],
  [
    './throws.ts',
    'PLUGIN_LOAD',
    'c.yaml:plugins.0: ./throws.ts could not be loaded: no luck',
    'Fix it, or remove it from "plugins".',
  ],
])('%s is left out with one message', async ([plugin = '', code, message = '', hint = '']) => {
  const folder = folderWith({
    'node_modules/@acme/other/package.json': {},
    'node_modules/@acme/misnamed/package.json': {
      version: '1.2.0',
      oclif: { hooks: { 'cooperbench:plugin': './hook.mjs' } },
    },
    'node_modules/@acme/misnamed/hook.mjs': `export default () => ${of('p')};`,
    'folder/index.ts': '',
    'hookless/package.json': { name: '@me/hookless' },
    'misnamed/package.json': { name: '@me/misnamed', oclif: { hooks: { 'cooperbench:plugin': './o.mjs' } } },
    'misnamed/o.mjs': `export default () => ${of('p')};`,
    'nameless.ts': 'export default { apiVersion: 1 };',
    'empty.ts': 'export const plugin = {};',
    'throws.ts': 'throw new Error("no luck");',
  });
  const { plugins, leftOut } = await loadProjectPlugins([entry(folder, plugin)]);
  expect(plugins).toEqual([]);
  expect(leftOut.map(({ error }) => error)).toMatchObject([
    { code, message: message.replace('FOLDER', folder), hint: hint.replace('FOLDER', folder) },
  ]);
});

test('a package that was made for another core is used, with a warning', async () => {
  const folder = folderWith({
    'node_modules/@acme/newer/package.json': {
      version: '2.0.0',
      peerDependencies: { '@cooperbench/core': '^97.0.0' },
      oclif: { hooks: { 'cooperbench:plugin': './hook.mjs' } },
    },
    'node_modules/@acme/newer/hook.mjs': `export default () => ${of('@acme/newer')};`,
  });
  const { plugins, leftOut, warnings } = await loadProjectPlugins([entry(folder, '@acme/newer')]);
  expect(plugins).toMatchObject([{ name: '@acme/newer' }]);
  expect(leftOut).toEqual([]);
  expect([...warnings.values()]).toEqual([
    `c.yaml:plugins.0: @acme/newer 2.0.0 was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.`,
  ]);
});

test('one that speaks another API version, or claims a name that is taken, is left out', async () => {
  const problem = async (text: string): Promise<object[]> => {
    const folder = folderWith({ 'p.mjs': `export default ${text};` });
    const { leftOut } = await mergePlugins(await loadProjectPlugins([entry(folder, './p.mjs')]));
    return leftOut.map(({ error: { code, message, hint } }) => ({ code, message, hint }));
  };
  expect(await problem(`{ name: 'p', apiVersion: 2 }`)).toEqual([
    {
      code: 'PLUGIN_API',
      message: 'c.yaml:plugins.0: ./p.mjs has apiVersion 2; this core takes 1.',
      hint: 'Fix it, or remove it from "plugins".',
    },
  ]);
  expect(await problem(`{ name: 'p', apiVersion: 1, agents: { oracle: { create() {} } } }`)).toEqual([
    {
      code: 'PLUGIN_CLASH',
      message: 'Plugins @cooperbench/core and p both provide the agent "oracle".',
      hint: 'Remove p from "plugins" (c.yaml:plugins.0), or rename what it provides.',
    },
  ]);
});

test('what the project names goes before what is installed, and of two that it names none', async () => {
  const talker = (name: string): object => ({ name, apiVersion: 1, agents: { talker: { create() {} } } });
  const project = await loadProjectPlugins([entry('/', talker('mine'))]);
  const installed = { plugins: [talker('installed') as Plugin], leftOut: [], warnings: new Map() };
  const { plugins, leftOut } = await mergePlugins(project, installed);
  expect(plugins.map(({ name }) => name)).toEqual(['mine']);
  expect(leftOut.map(({ name, error: { message, hint } }) => ({ name, message, hint }))).toEqual([
    {
      name: 'installed',
      message: 'Plugins mine and installed both provide the agent "talker".',
      hint: 'c.yaml:plugins.0 names mine, which takes precedence. Uninstall installed (cooperbench plugins uninstall installed), or rename what mine provides.',
    },
  ]);
  const two = await mergePlugins(
    await loadProjectPlugins([entry('/', talker('a')), entry('/', talker('b'), 1)]),
  );
  expect(two.plugins).toEqual([]);
  expect(two.leftOut.map(({ name, error: { message, hint } }) => ({ name, message, hint }))).toEqual(
    ['b', 'a'].map((name) => ({
      name,
      message: 'Plugins a and b both provide the agent "talker".',
      hint: 'Remove one of them from "plugins", or rename what it provides.',
    })),
  );
});

test('a project is asked about once, with every plugin that it names, and without a yes none of them runs', async () => {
  const mark = (name: string): string => `globalThis.pluginsThatRan.push('${name}');\n`;
  const ranNames: string[] = [];
  Object.assign(globalThis, { pluginsThatRan: ranNames });
  const folder = folderWith({
    'a.mjs': `${mark('a')}export default ${of('a')};`,
    'b.mjs': `${mark('b')}export default ${of('b')};`,
    'mine.mjs': `${mark('mine')}export default ${of('mine')};`,
  });
  const mine = entry(folder, './mine.mjs', 2);
  const code: Plugin = { name: 'in-code', apiVersion: 1 };
  const entries = [
    ...[entry(folder, './a.mjs'), entry(folder, './b.mjs', 1), entry(folder, code, 3)],
    { ...mine, source: { ...mine.source, owner: 'user' as const } },
  ];
  const requests: unknown[] = [];
  const answer = (allowed: boolean) => async (about: unknown) => {
    requests.push(about);
    return allowed;
  };
  const names = async (allowed: boolean): Promise<string[]> =>
    (await loadProjectPlugins(entries, answer(allowed))).plugins.map(({ name }) => name).sort();
  expect(await names(false)).toEqual(['in-code', 'mine']);
  expect(ranNames).toEqual(['mine']);
  expect(await names(true)).toEqual(['a', 'b', 'in-code', 'mine']);
  const about = {
    kind: 'plugins',
    folder,
    names: ['c.yaml:plugins.0: plugin ./a.mjs', 'c.yaml:plugins.1: plugin ./b.mjs'],
  };
  expect(requests).toEqual([about, about]);
});

test('the folder of a plugin that is not built says how to build it', async () => {
  const folder = folderWith({
    'own/package.json': { name: '@me/own', oclif: { hooks: { 'cooperbench:plugin': './dist/index.js' } } },
  });
  const { leftOut } = await loadProjectPlugins([entry(folder, './own')]);
  expect(leftOut.map(({ error }) => [error.message, error.hint])).toEqual([
    [
      'c.yaml:plugins.0: @me/own is not built: it has no ./dist/index.js.',
      `Build it: npm install && npm run build, in ${join(folder, 'own')}.`,
    ],
  ]);
});
