import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContainer, tokens } from '@cooperbench/runs';
import { expect, test } from 'vitest';
import { readDefaultPlugins } from '../library/bundled.ts';
import { createScratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { runHere, writePlugin } from './plugins.test.support.ts';

const packages = new URL('../../../', import.meta.url).pathname;

/** The packages of the workspace whose package.json has the hook of plugins. */
const plugins = readdirSync(packages).flatMap((folder) => {
  const { name, oclif } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'));
  return oclif?.hooks?.['cooperbench:plugin'] ? [name as string] : [];
});

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await cooperbench(createScratch(), [...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('in a clone, the command has every plugin of the workspace', async () => {
  expect(plugins).toContain('@cooperbench/agent-openhands-bridge');
  const rows = await json<{ name: string; from: string; problem: unknown }[]>('plugins');
  expect(rows.map(({ name, from, problem }) => ({ name, from, problem }))).toEqual(
    expect.arrayContaining(plugins.map((name) => ({ name, from: 'bundled', problem: null }))),
  );
  expect((await cooperbench(createScratch(), ['list', 'agents'])).stdout).toMatch(/^openhands\t/m);
  expect((await cooperbench(createScratch(), ['list', 'backends'])).stdout).toMatch(/^gcp\t/m);
});

test('in a clone, a run takes agents and backends of every plugin', async () => {
  const run = ['run', '--dataset-dir', join(packages, '../dataset'), '-s', 'smoke', '--dry-run'];
  const words = ['-a', 'openhands', '-m', 'gpt-4o', '--backend', 'gcp'];
  const { stdout, stderr } = await cooperbench(createScratch(), [...run, ...words]);
  expect(stdout).toContain('agent1  feature 2  openhands  gpt-4o  gcp\n');
  expect(stderr).not.toMatch(/plugins install|not installed/);
});

test('in a clone, a program has every plugin of the workspace', async () => {
  const registry = createContainer(await readDefaultPlugins()).get(tokens.registry);
  expect(registry.list('agents').map(({ name }) => name)).toContain('openhands');
  expect(registry.list('backends').map(({ name }) => name)).toContain('gcp');
});

test('in a clone, a plugin of the workspace keeps its names, as a bundled one does', async () => {
  const scratch = createScratch();
  const source = `export default () => ({ name: '@acme/other', apiVersion: 1, agents: { openhands: { create() {} } } });`;
  await runHere(scratch, 'plugins', 'link', writePlugin(join(scratch.root, 'other'), '@acme/other', source));
  const { stdout } = await runHere(scratch, 'list', 'agents');
  expect(stdout).toContain('openhands\t@cooperbench/agent-openhands-bridge\n');
});

test('in a clone, installing a plugin of the workspace asks no registry', async () => {
  const scratch = createScratch();
  expect(await runHere(scratch, 'plugins', 'install', '@cooperbench/backend-gcp')).toEqual({
    ...{ code: 0, signal: null, stderr: '' },
    stdout: '@cooperbench/backend-gcp 0.0.0 (bundled)\n  backend gcp; command config gcp\n',
  });
});
