import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cooperbench, type Ending, type Scratch } from './cli.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';

const core = new URL('../../../core', import.meta.url).pathname;

/** Returns a plugin that needs nothing: what `definePlugin` returns, written by hand. */
export const slurm = (name: string): string =>
  `export default () => ({ name: '${name}', apiVersion: 1, backends: { slurm: { create() { throw new Error('no cluster'); } } } });\n`;

/** Writes a plugin's package into `folder`. */
export function writePlugin(folder: string, name: string, source: string, manifest: object = {}): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.js'), source);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      name,
      version: '1.2.0',
      type: 'module',
      oclif: { hooks: { 'cooperbench:plugin': './index.js' } },
      ...manifest,
    }),
  );
  return folder;
}

/** Gives a package its own copy of core, as npm does for a plugin in its own folder. */
export function giveOwnCore(folder: string): void {
  const copy = join(folder, 'node_modules/@cooperbench/core');
  mkdirSync(copy, { recursive: true });
  for (const part of ['dist', 'src', 'package.json'])
    cpSync(join(core, part), join(copy, part), { recursive: true });
  symlinkSync(join(core, 'node_modules'), join(copy, 'node_modules'));
}

/** A plugin's package, and what `list backends` prints without it and with it. */
export const name = '@acme/cooperbench-backend-slurm';
export const bundledBackends =
  'docker\t@cooperbench/backend-docker\ngcp\t@cooperbench/backend-gcp\nlocal\t@cooperbench/backend-local\nmodal\t@cooperbench/backend-modal\n';
export const withSlurm: string = `${bundledBackends}slurm\t${name}\n`;

/** Returns a data folder for each test. What npm has downloaded is for all of them. */
export const ownFolders = ({ root }: Scratch): Record<string, string> => ({
  npm_config_cache: join(tmpdir(), 'cooperbench-e2e-npm-cache'),
  npm_config_update_notifier: 'false',
  XDG_DATA_HOME: join(root, 'data'),
  XDG_CACHE_HOME: join(root, 'cache'),
});

/** Runs a command with its own data folder. */
export function run(scratch: Scratch, ...args: string[]): Promise<Ending> {
  return cooperbench(scratch, args, { env: ownFolders(scratch) });
}

/** The same in this process, which imports a plugin's file only once: for plugins that do not change. */
export function runHere(scratch: Scratch, ...args: string[]): Promise<Ending> {
  return runInProcess(scratch, args, { env: ownFolders(scratch) });
}
