import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { type Scratch, scratch } from './cli.test.support.ts';
import { bundledBackends, name, run, slurm, withSlurm, writePlugin } from './plugins.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const data = (place: Scratch): string => join(place.root, 'data/cooperbench');
const kept = (place: Scratch): string[] => {
  const folder = join(data(place), 'packages');
  return existsSync(folder) ? readdirSync(folder).map((file) => file.replace(/^[0-9a-f]{12}-/, '')) : [];
};

const git = (cwd: string, ...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd, stdio: 'ignore' });
};

const registry = needing('registry');

describe(`npm installs${registry.reason}`, { timeout: 120_000 }, () => {
  const npm = (cwd: string, ...args: string[]): void => {
    execFileSync('npm', args, { cwd, stdio: 'ignore' });
  };

  test('two folders, which may go afterwards, and a newer content of one', async () => {
    const place = scratch();
    for (const plugin of ['one', 'other'])
      writePlugin(join(place.root, plugin), plugin, slurm(plugin).replace('slurm: {', `${plugin}: {`));
    for (const plugin of ['one', 'other']) {
      const { code, stdout } = await run(place, 'plugins', 'install', `./${plugin}`, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([
        { name: plugin, version: '1.2.0', from: 'installed', backends: [plugin], problem: null },
      ]);
    }
    expect(kept(place).sort()).toEqual(['one-1.2.0.tgz', 'other-1.2.0.tgz']);
    writePlugin(join(place.root, 'one'), 'one', slurm('one').replace('slurm: {', 'newer: {'));
    expect(JSON.parse((await run(place, 'plugins', 'install', './one', '--json')).stdout)).toMatchObject([
      { name: 'one', backends: ['newer'] },
    ]);
    expect(kept(place).sort()).toEqual(['one-1.2.0.tgz', 'other-1.2.0.tgz']);
    for (const plugin of ['one', 'other']) rmSync(join(place.root, plugin), { recursive: true });
    expect(await run(place, 'list', 'backends')).toMatchObject({
      stdout: `${bundledBackends}newer\tone\nother\tother\n`,
      stderr: '',
    });
    expect((await run(place, 'plugins', 'uninstall', 'one', 'other')).stdout).toBe(
      'Removed one.\nRemoved other.\n',
    );
    expect(kept(place)).toEqual([]);
    expect((await run(place, 'list', 'backends')).stdout).toBe(bundledBackends);
  });

  test('a tarball made by npm pack', async () => {
    const place = scratch();
    const folder = writePlugin(join(place.root, 'slurm'), name, slurm(name));
    npm(folder, 'pack');
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
    renameSync(join(folder, tarball), join(place.root, tarball));
    expect(await run(place, 'plugins', 'install', tarball)).toEqual({
      code: 0,
      signal: null,
      stdout: `${name} 1.2.0 (installed)\n  backend slurm\n`,
      stderr: '',
    });
    expect(await run(place, 'list', 'backends')).toMatchObject({ stdout: withSlurm, stderr: '' });
  });

  test('two git repositories of one host, and updates one', async () => {
    const place = scratch();
    for (const plugin of ['one', 'other']) {
      const cwd = join(place.root, plugin);
      writePlugin(cwd, plugin, slurm(plugin).replace('slurm: {', `${plugin}: {`));
      git(cwd, 'init');
      git(cwd, 'add', '.');
      git(cwd, 'commit', '-m', 'x');
      expect((await run(place, 'plugins', 'install', `git+file://${cwd}`)).stdout).toContain(
        `${plugin} 1.2.0 (installed)\n  backend ${plugin}\n`,
      );
    }
    expect((await run(place, 'list', 'backends')).stdout).toBe(`${bundledBackends}one\tone\nother\tother\n`);
    const commit = (): string =>
      execFileSync('git', ['rev-parse', 'HEAD'], { cwd: join(place.root, 'one'), encoding: 'utf8' }).slice(
        0,
        7,
      );
    const before = commit();
    git(join(place.root, 'one'), 'commit', '--allow-empty', '-m', 'y');
    expect(await run(place, 'plugins', 'update')).toMatchObject({
      code: 0,
      stdout: `one 1.2.0 (${before}) → 1.2.0 (${commit()})\n`,
      stderr: '',
    });
    expect((await run(place, 'plugins', 'update')).stdout).toBe('All plugins are up to date.\n');
  });

  test('what its package warns of in vain is not said', async () => {
    const place = scratch();
    writePlugin(join(place.root, 'slurm'), name, slurm(name), { files: ['*.js', '!**/*.test.*'] });
    expect(await run(place, 'plugins', 'install', './slurm')).toMatchObject({ code: 0, stderr: '' });
  });

  const installOne = async (place: Scratch): Promise<string> => {
    const folder = writePlugin(join(place.root, 'slurm'), name, slurm(name));
    expect(await run(place, 'plugins', 'install', './slurm')).toMatchObject({ code: 0 });
    return folder;
  };

  test('a plugin that a link covers, and uses it again without the link', async () => {
    const place = scratch();
    const folder = await installOne(place);
    for (const _ of ['once', 'again'])
      expect(await run(place, 'plugins', 'link', 'slurm')).toMatchObject({
        stdout: `${name} 1.2.0 (linked from ${folder})\n  backend slurm\n`,
      });
    expect(await run(place, 'plugins', 'uninstall', name)).toEqual({
      code: 0,
      signal: null,
      stdout: `Removed the link of ${name} to ${folder}. ${name} 1.2.0 (installed) is used again.\n`,
      stderr: '',
    });
    expect(await run(place, 'plugins', 'update')).toMatchObject({ stdout: 'All plugins are up to date.\n' });
    expect(await run(place, 'plugins', 'uninstall', name)).toMatchObject({ stdout: `Removed ${name}.\n` });
    expect(kept(place)).toEqual([]);
    expect(readJson(data(place), 'package.json')).toMatchObject({ oclif: { plugins: [] } });
  });

  test('a newer version of a bundled plugin, and says what is used without it', async () => {
    const place = scratch();
    const bundled = '@cooperbench/bus-redis';
    const source = `export default () => ({ name: '${bundled}', apiVersion: 1, buses: { redis: { create() {} } } });`;
    writePlugin(join(place.root, 'redis'), bundled, source);
    expect(await run(place, 'plugins', 'install', './redis')).toMatchObject({
      stdout: `${bundled} 1.2.0 (installed)\n  bus redis\n`,
    });
    expect(await run(place, 'plugins', 'uninstall', bundled)).toMatchObject({
      stdout: `Removed ${bundled}. ${bundled} 0.0.0 (bundled) is used again.\n`,
    });
  });

  const shapeHint =
    'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin". Check the name of the package.';
  test.for([
    [
      'has no key "oclif"',
      { oclif: undefined },
      'PLUGIN_SHAPE',
      `${name} 1.2.0 is no plugin of CooperBench: its package.json has no key "oclif".\n${shapeHint}`,
    ],
    [
      'brings nothing',
      { oclif: { hooks: { init: './index.js' } } },
      'PLUGIN_SHAPE',
      `${name} 1.2.0 is no plugin of CooperBench: the key "oclif" of its package.json has neither the hook "cooperbench:plugin" nor "commands".\n${shapeHint}`,
    ],
    [
      'was made for another core',
      { peerDependencies: { '@cooperbench/core': '^97.0.0' } },
      'PLUGIN_PEER',
      `Plugin ${name} 1.2.0 was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.\nInstall a version of it made for this one, or update CooperBench.`,
    ],
  ] as const)('not a package that %s, nor anything with it', async ([, manifest, code, message]) => {
    const place = scratch();
    writePlugin(join(place.root, 'fine'), 'fine', slurm('fine'));
    const folder = writePlugin(join(place.root, 'slurm'), name, slurm(name), manifest);
    npm(folder, 'pack', '--pack-destination', place.root);
    for (const unfit of ['./slurm', './acme-cooperbench-backend-slurm-1.2.0.tgz']) {
      const { code: exit, stdout } = await run(place, 'plugins', 'install', './fine', unfit, '--json');
      expect({ exit, ...JSON.parse(stdout) }).toEqual({ exit: 2, error: { code, message } });
    }
    expect(kept(place)).toEqual([]);
    expect(readJson(data(place), 'package.json')).toMatchObject({ dependencies: {}, oclif: { plugins: [] } });
  });

  test('one that is broken, says why at once, and fails', async () => {
    const place = scratch();
    writePlugin(join(place.root, 'slurm'), name, `throw new Error('no SDK');`);
    const message = `Plugin ${name} 1.2.0 could not be loaded: no SDK`;
    const hint = `Install another version of it: cooperbench plugins install ${name}@VERSION; or remove it: cooperbench plugins uninstall ${name}.`;
    expect(await run(place, 'plugins', 'install', './slurm')).toEqual({
      code: 1,
      signal: null,
      stdout: `${name} 1.2.0 (installed)\n  left out: ${message}\n  ${hint}\n`,
      stderr: '',
    });
    const { code, stdout } = await run(place, 'plugins', 'install', './slurm', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { name, version: '1.2.0', problem: { code: 'PLUGIN_LOAD', message, hint } },
    ]);
  });

  test('one that ends the process, and says so', async () => {
    const place = scratch();
    writePlugin(join(place.root, 'slurm'), name, 'process.exit(0);');
    expect(await run(place, 'plugins', 'install', './slurm')).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: ${name}: an import ends the process.\nNo command that needs plugins works with it. Remove it: cooperbench plugins uninstall ${name}.\n`,
    });
    expect(await run(place, 'plugins', 'uninstall', name)).toMatchObject({ stdout: `Removed ${name}.\n` });
  });
});
