import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { listProjectDirectories, readProjectFile, readUserFile } from './files.ts';

const names = [
  ...['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'].map((end) => `cooperbench.config.${end}`),
  ...['.cooperbenchrc', '.cooperbenchrc.json', '.cooperbenchrc.yaml', '.cooperbenchrc.ts'],
];

test.for(names)('%s is found', async (name) => {
  const folder = folderWith({ [name]: '' });
  expect((await readProjectFile(folder))?.path).toBe(join(folder, name));
});

test('package.json is one where it has the key, and is passed over where it has not or cannot be read', async () => {
  const folder = folderWith({ 'package.json': { cooperbench: {} } });
  expect((await readProjectFile(folder))?.path).toBe(join(folder, 'package.json'));
  expect((await readProjectFile(folderWith({ 'package.json': { name: 'x' } })))?.path).toBeUndefined();
  expect((await readProjectFile(folderWith({ 'package.json': '{ "name"' })))?.path).toBeUndefined();
});

test('a file and the key in package.json are two files, unless the key holds nothing', async () => {
  const both = (section: object) =>
    folderWith({ 'package.json': { cooperbench: section }, 'cooperbench.config.yaml': 'agent: oracle' });
  const folder = both({ agent: 'nop' });
  expect(await findRefusal(() => readProjectFile(folder))).toEqual({
    code: 'CONFIG_TWICE',
    message: `There are two configuration files: ${folder}/cooperbench.config.yaml and the key "cooperbench" in ${folder}/package.json.`,
    hint: 'Keep one of them. One file may build on another with "extends".',
  });
  expect((await readProjectFile(both({})))?.value).toEqual({ agent: 'oracle' });
});

test('the nearest folder up to the root of the project counts, and nothing above it', async () => {
  const folder = folderWith({
    'cooperbench.config.json': {},
    'project/package.json': {},
    'project/.cooperbenchrc': '',
    'project/a/b/x': '',
    'project/a/cooperbench.config.yaml': '',
    'other/.git/HEAD': '',
    'other/a/x': '',
  });
  expect((await readProjectFile(join(folder, 'project/a/b')))?.path).toBe(
    join(folder, 'project/a/cooperbench.config.yaml'),
  );
  expect((await readProjectFile(join(folder, 'project')))?.path).toBe(join(folder, 'project/.cooperbenchrc'));
  expect((await readProjectFile(join(folder, 'other/a')))?.path).toBeUndefined();
});

test('without a project, in the home folder and where others may write, only the folder itself is looked at', () => {
  const folder = folderWith({
    'home/a/b/x': '',
    'home/package.json': {},
    'shared/package.json': {},
    'shared/a/x': '',
  });
  const [home, below, shared] = [join(folder, 'home'), join(folder, 'home/a/b'), join(folder, 'shared')];
  expect(listProjectDirectories(below, home)).toEqual([below]);
  expect(listProjectDirectories(below, '/nowhere')).toEqual([below, dirname(below), home]);
  expect(listProjectDirectories(home, home)).toEqual([home]);
  chmodSync(shared, 0o777);
  expect(listProjectDirectories(join(shared, 'a'), '/nowhere')).toEqual([join(shared, 'a')]);
  expect(listProjectDirectories(folder, '/nowhere')).toEqual([folder]);
});

test("the user's file is config.* in the folder that XDG_CONFIG_HOME or HOME name", async () => {
  const folder = folderWith({ 'xdg/cooperbench/config.yaml': '', '.config/cooperbench/config.json': {} });
  const xdg = join(folder, 'xdg');
  expect((await readUserFile({ XDG_CONFIG_HOME: xdg, HOME: folder }, '/'))?.path).toBe(
    join(xdg, 'cooperbench/config.yaml'),
  );
  const home = join(folder, '.config/cooperbench/config.json');
  expect((await readUserFile({ XDG_CONFIG_HOME: 'relative', HOME: folder }, '/'))?.path).toBe(home);
  expect((await readUserFile({ HOME: join(folder, 'nobody') }, '/'))?.path).toBeUndefined();
});

const makePipe = (path: string): Buffer => execFileSync('sh', ['-c', 'mkfifo "$0"', path]);

test('a pipe and a loop of links are refused, and a pipe keeps nobody waiting', async () => {
  for (const name of ['cooperbench.config.yaml', 'cooperbench.config.ts']) {
    const folder = folderWith({});
    makePipe(join(folder, name));
    expect(await findRefusal(() => readProjectFile(folder))).toEqual({
      code: 'CONFIG_READ',
      message: `The configuration file ${name} cannot be read: it is a pipe`,
      hint: 'Check that it is a file and that you may read it.',
    });
  }
  const pipe = folderWith({});
  makePipe(join(pipe, 'package.json'));
  expect(await readProjectFile(pipe)).toBeUndefined();
  const loop = folderWith({});
  symlinkSync('cooperbench.config.json', join(loop, 'cooperbench.config.json'));
  expect(await findRefusal(() => readProjectFile(loop))).toMatchObject({
    code: 'CONFIG_READ',
    message: expect.stringContaining('ELOOP'),
  });
});

test('two files in one folder are refused, and one that is a folder too', async () => {
  const folder = folderWith({ 'cooperbench.config.json': {}, '.cooperbenchrc': '' });
  expect(await findRefusal(() => readProjectFile(folder))).toEqual({
    code: 'CONFIG_TWICE',
    message: `There are two configuration files: ${folder}/cooperbench.config.json and ${folder}/.cooperbenchrc.`,
    hint: 'Keep one of them. One file may build on another with "extends".',
  });
  const other = folderWith({ 'cooperbench.config.json/x': '' });
  expect(await findRefusal(() => readProjectFile(other))).toEqual({
    code: 'CONFIG_READ',
    message: 'The configuration file cooperbench.config.json cannot be read: it is a directory',
    hint: 'Check that it is a file and that you may read it.',
  });
});
