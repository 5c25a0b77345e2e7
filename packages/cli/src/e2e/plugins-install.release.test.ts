import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { createScratch, type Scratch, cooperbench as spawnedWith } from './cli.test.support.ts';
import {
  bundledBackends,
  name,
  ownFolders,
  runHere as run,
  slurm,
  run as spawned,
  withSlurm,
  writePlugin,
} from './plugins.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const data = (scratch: Scratch): string => join(scratch.root, 'data/cooperbench');
/** Returns how many directories hold an installed plugin. */
const directories = (scratch: Scratch): number => {
  const folder = join(data(scratch), 'plugins');
  return existsSync(folder) ? readdirSync(folder).length : 0;
};

const git = (cwd: string, ...args: string[]): void => {
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd, stdio: 'ignore' });
};

const registry = needing('registry');

describe(`npm installs${registry.reason}`, () => {
  const npm = (cwd: string, ...args: string[]): void => {
    execFileSync('npm', args, { cwd, stdio: 'ignore' });
  };

  test('two directories without the warnings of npm, which may be removed afterwards, and a newer content of one', async () => {
    const scratch = createScratch();
    // npm warns of these files.
    const manifest = { files: ['*.js', '!**/*.test.*'] };
    for (const plugin of ['one', 'other'])
      writePlugin(
        join(scratch.root, plugin),
        plugin,
        slurm(plugin).replace('slurm: {', `${plugin}: {`),
        manifest,
      );
    for (const plugin of ['one', 'other']) {
      const { code, stdout, stderr } = await run(scratch, 'plugins', 'install', `./${plugin}`, '--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject([
        { name: plugin, version: '1.2.0', from: 'installed', backends: [plugin], problem: null },
      ]);
    }
    expect(directories(scratch)).toBe(2);
    writePlugin(join(scratch.root, 'one'), 'one', slurm('one').replace('slurm: {', 'newer: {'));
    expect(JSON.parse((await run(scratch, 'plugins', 'install', './one', '--json')).stdout)).toMatchObject([
      { name: 'one', backends: ['newer'] },
    ]);
    expect(directories(scratch)).toBe(2);
    for (const plugin of ['one', 'other']) rmSync(join(scratch.root, plugin), { recursive: true });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({
      stdout: `${bundledBackends}newer\tone\nother\tother\n`,
      stderr: '',
    });
    expect((await run(scratch, 'plugins', 'uninstall', 'one', 'other')).stdout).toBe(
      'Removed one.\nRemoved other.\n',
    );
    expect(directories(scratch)).toBe(0);
    expect((await run(scratch, 'list', 'backends')).stdout).toBe(bundledBackends);
  });

  test('a tarball made by npm pack', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name));
    npm(folder, 'pack');
    const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? '';
    renameSync(join(folder, tarball), join(scratch.root, tarball));
    expect(await run(scratch, 'plugins', 'install', tarball)).toEqual({
      code: 0,
      signal: null,
      stdout: `${name} 1.2.0 (installed)\n  backend slurm\n`,
      stderr: '',
    });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({ stdout: withSlurm, stderr: '' });
  });

  test('two git repositories of one host, and updates one', async () => {
    const scratch = createScratch();
    for (const plugin of ['one', 'other']) {
      const cwd = join(scratch.root, plugin);
      writePlugin(cwd, plugin, slurm(plugin).replace('slurm: {', `${plugin}: {`));
      git(cwd, 'init');
      git(cwd, 'add', '.');
      git(cwd, 'commit', '-m', 'x');
      expect((await run(scratch, 'plugins', 'install', `git+file://${cwd}`)).stdout).toContain(
        `${plugin} 1.2.0 (installed)\n  backend ${plugin}\n`,
      );
    }
    expect((await run(scratch, 'list', 'backends')).stdout).toBe(
      `${bundledBackends}one\tone\nother\tother\n`,
    );
    const commit = (): string =>
      execFileSync('git', ['rev-parse', 'HEAD'], { cwd: join(scratch.root, 'one'), encoding: 'utf8' }).slice(
        0,
        7,
      );
    const before = commit();
    git(join(scratch.root, 'one'), 'commit', '--allow-empty', '-m', 'y');
    expect(await run(scratch, 'plugins', 'update')).toMatchObject({
      code: 0,
      stdout: `one 1.2.0 (${before}) → 1.2.0 (${commit()})\n`,
      stderr: '',
    });
  });

  test('no git repository that is not built: it says how to build it, and when its build made nothing', async () => {
    const scratch = createScratch();
    const cwd = join(scratch.root, 'slurm');
    writePlugin(cwd, name, slurm(name), {
      oclif: { hooks: { 'cooperbench:plugin': './dist/index.js' } },
      // As that of a created plugin whose sources do not compile.
      scripts: { prepare: 'true' },
    });
    git(cwd, 'init');
    git(cwd, 'add', '.');
    git(cwd, 'commit', '-m', 'x');
    const refused = async (...flags: string[]) =>
      run(scratch, 'plugins', 'install', `git+file://${cwd}`, ...flags);
    const message = (way: string): string =>
      `Error: Plugin ${name} 1.2.0 is not built: it has no ./dist/index.js.\n${way} The plugins that were installed before stay as they were.\n`;
    expect(await refused()).toMatchObject({
      code: 2,
      stderr: message(
        'npm did not run its script prepare, which may build it. If you trust it, add --allow-scripts; or install a published version.',
      ),
    });
    expect(await refused('--allow-scripts')).toMatchObject({
      code: 2,
      stderr: message(
        'npm ran its script prepare, which did not make it: its sources may not compile. Run npm install && npm run build in a clone of it to see why, or install a published version.',
      ),
    });
    expect(directories(scratch)).toBe(0);
  });

  const installOne = async (scratch: Scratch): Promise<string> => {
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name));
    expect(await run(scratch, 'plugins', 'install', './slurm')).toMatchObject({ code: 0 });
    return folder;
  };

  test('a plugin that a link covers, and uses it again without the link', async () => {
    const scratch = createScratch();
    const folder = await installOne(scratch);
    for (const _ of ['once', 'again'])
      expect(await run(scratch, 'plugins', 'link', 'slurm')).toMatchObject({
        stdout: `${name} 1.2.0 (linked from ${folder})\n  backend slurm\n`,
      });
    expect(await run(scratch, 'plugins', 'uninstall', name)).toEqual({
      code: 0,
      signal: null,
      stdout: `Removed the link of ${name} to ${folder}. ${name} 1.2.0 (installed) is used again.\n`,
      stderr: '',
    });
    expect(await run(scratch, 'plugins', 'update')).toMatchObject({
      stdout: 'All plugins are up to date.\n',
    });
    expect(await run(scratch, 'plugins', 'uninstall', name)).toMatchObject({ stdout: `Removed ${name}.\n` });
    expect(directories(scratch)).toBe(0);
    expect(readJson(data(scratch), 'package.json')).toMatchObject({ oclif: { plugins: [] } });
  });

  test('a newer version of a bundled plugin, and says what is used without it', async () => {
    const scratch = createScratch();
    const bundled = '@cooperbench/bus-redis';
    const source = `export default () => ({ name: '${bundled}', apiVersion: 1, buses: { redis: { create() {} } } });`;
    writePlugin(join(scratch.root, 'redis'), bundled, source);
    expect(await run(scratch, 'plugins', 'install', './redis')).toMatchObject({
      stdout: `${bundled} 1.2.0 (installed)\n  bus redis\n`,
    });
    expect(await run(scratch, 'plugins', 'uninstall', bundled)).toMatchObject({
      stdout: `Removed ${bundled}. ${bundled} 0.0.0 (bundled) is used again.\n`,
    });
  });

  const stay = 'The plugins that were installed before stay as they were.';
  const shapeHint =
    'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin". Check the name of the package.';
  const ranOnce = `Its code ran, to try it out. No install script ran. ${stay}`;
  const ranNot = `Its code did not run. No install script ran. ${stay}`;
  const otherHint = 'Install another version of it.';
  test.for([
    [
      'provides nothing',
      slurm(name),
      { oclif: undefined },
      'PLUGIN_SHAPE',
      `${name} 1.2.0 is not a plugin of CooperBench: it provides nothing.\n${ranNot} ${shapeHint}`,
      false,
    ],
    [
      'was made for another core, and does not fit this one',
      slurm(name).replace('apiVersion: 1', 'apiVersion: 2'),
      { peerDependencies: { '@cooperbench/core': '^97.0.0' } },
      'PLUGIN_API',
      `Plugin ${name} 1.2.0 has apiVersion 2; this core takes 1. It was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.\n${ranOnce} ${otherHint}`,
      true,
    ],
    [
      'throws when it is imported',
      `throw new Error('no SDK');`,
      {},
      'PLUGIN_LOAD',
      `Plugin ${name} 1.2.0 could not be loaded: no SDK\n${ranOnce} ${otherHint}`,
      true,
    ],
    [
      'provides a name that is taken',
      slurm(name).replace('slurm: {', 'docker: {'),
      {},
      'PLUGIN_CLASH',
      `Plugins @cooperbench/backend-docker and ${name} both provide the backend "docker".\n${ranOnce} ${otherHint}`,
      true,
    ],
  ] as const)(
    'not a package that %s, and says whether it ran',
    async ([, source, extra, code, message, runs]) => {
      const scratch = createScratch();
      const mark = join(scratch.root, 'mark');
      const marked = `import { writeFileSync } from 'node:fs';\nwriteFileSync('${mark}', '');\n${source}`;
      writePlugin(join(scratch.root, 'slurm'), name, marked, extra);
      const { code: exit, stdout } = await run(scratch, 'plugins', 'install', './slurm', '--json');
      expect({ exit, ...JSON.parse(stdout) }).toEqual({ exit: 2, error: { code, message } });
      expect(existsSync(mark)).toBe(runs);
      expect(directories(scratch)).toBe(0);
      expect((await run(scratch, 'list', 'backends')).stdout).toBe(bundledBackends);
    },
  );

  describe('code of others', () => {
    /** Scripts that leave a mark with the key of a model that they find. */
    const scriptsIn = (scratch: Scratch): Record<string, string> => {
      const names = ['preinstall', 'install', 'postinstall', 'prepare'];
      return Object.fromEntries(
        names.map((script) => [
          script,
          `printf %s "\${OPENAI_API_KEY-none}" > ${scratch.root}/ran-${script}`,
        ]),
      );
    };
    const marks = ({ root }: Scratch): Record<string, string> =>
      Object.fromEntries(
        readdirSync(root)
          .filter((file) => file.startsWith('ran-'))
          .sort()
          .map((file) => [file.slice('ran-'.length), readFileSync(join(root, file), 'utf8')]),
      );
    const withKey = (scratch: Scratch, ...args: string[]) =>
      spawnedWith(scratch, args, { env: { ...ownFolders(scratch), OPENAI_API_KEY: 'sk-1' } });
    const skipped = `Warning: npm did not run the install scripts of ${name}. If it needs them and you trust them, add --allow-scripts.\n`;

    test('scripts do not run, and the output names them; with --allow-scripts they run, without keys', async () => {
      const scratch = createScratch();
      writePlugin(join(scratch.root, 'slurm'), name, slurm(name), { scripts: scriptsIn(scratch) });
      const installed = await withKey(scratch, 'plugins', 'install', './slurm');
      expect(installed).toMatchObject({ code: 0, stderr: skipped });
      expect(marks(scratch)).toEqual({});
      expect(await withKey(scratch, 'plugins', 'install', './slurm', '--allow-scripts')).toMatchObject({
        code: 0,
        stderr: '',
      });
      expect(marks(scratch)).toMatchObject({ install: 'none', postinstall: 'none', preinstall: 'none' });
    });

    test('a refusal says that scripts ran, when they did', async () => {
      const scratch = createScratch();
      const scripts = { postinstall: scriptsIn(scratch).postinstall };
      writePlugin(join(scratch.root, 'slurm'), name, `throw new Error('no SDK');`, { scripts });
      const refused = async (...flags: string[]) =>
        (await withKey(scratch, 'plugins', 'install', './slurm', ...flags)).stderr;
      expect(await refused()).toBe(
        `Error: Plugin ${name} 1.2.0 could not be loaded: no SDK\n${ranOnce} ${otherHint} ${skipped.slice('Warning: '.length)}`,
      );
      expect(marks(scratch)).toEqual({});
      expect(await refused('--allow-scripts')).toContain(
        `Its code ran, to try it out. The install scripts of ${name} ran.`,
      );
      expect(marks(scratch)).toEqual({ postinstall: 'none' });
    });

    test('a plugin that is tried out, linked or imported beside it finds no key', async () => {
      const scratch = createScratch();
      const found = (file: string): string =>
        `import { appendFileSync } from 'node:fs';\nappendFileSync('${scratch.root}/ran-${file}', \`[\${process.env.OPENAI_API_KEY}]\`);\n`;
      writePlugin(join(scratch.root, 'slurm'), name, `${found('tried')}${slurm(name)}`);
      const other = slurm('other').replace('slurm: {', 'other: {');
      writePlugin(join(scratch.root, 'other'), 'other', `${found('linked')}${other}`);
      writeFileSync(join(scratch.root, '.env'), 'OPENAI_API_KEY=sk-2\n');
      for (const words of ['install ./slurm', 'link ./other', 'update', 'uninstall other'])
        expect(await withKey(scratch, 'plugins', ...words.split(' '))).toMatchObject({ code: 0 });
      const { tried, linked } = marks(scratch);
      expect(tried).toMatch(/^(\[undefined\])+$/);
      expect(linked).toMatch(/^(\[undefined\])+$/);
      expect(await withKey(scratch, 'list', 'backends')).toMatchObject({ code: 0 });
      expect(marks(scratch).tried).toContain('[sk-1]');
    });

    test('a git repository runs nothing either: no script, and no program that its .npmrc names', async () => {
      const scratch = createScratch();
      const program = join(scratch.root, 'git.sh');
      writeFileSync(program, `#!/bin/sh\n: > ${scratch.root}/ran-git\nexec git "$@"\n`, { mode: 0o755 });
      const module = join(scratch.root, 'evil.cjs');
      writeFileSync(module, `require('node:fs').writeFileSync('${scratch.root}/ran-module', '');\n`);
      const repository = (folder: string, manifest: object, npmrc = ''): string => {
        const cwd = join(scratch.root, folder);
        writePlugin(cwd, folder, slurm(folder).replace('slurm: {', `${folder}: {`), manifest);
        writeFileSync(join(cwd, '.npmrc'), npmrc);
        git(cwd, 'init');
        git(cwd, 'add', '.');
        git(cwd, 'commit', '-m', 'x');
        return `git+file://${cwd}`;
      };
      const scripts = scriptsIn(scratch);
      const inner = repository('inner', { scripts });
      const outer = repository(
        'outer',
        { scripts, devDependencies: { inner } },
        `ignore-scripts=false\ngit=${program}\nnode-options=--require ${module}\n`,
      );
      expect(await withKey(scratch, 'plugins', 'install', outer)).toMatchObject({ code: 0 });
      expect(marks(scratch)).toEqual({});
    });
  });

  test('nothing of several when one cannot be used', async () => {
    const scratch = createScratch();
    writePlugin(join(scratch.root, 'fine'), 'fine', slurm('fine').replace('slurm: {', 'fine: {'));
    writePlugin(join(scratch.root, 'slurm'), name, `throw new Error('no SDK');`);
    expect(await run(scratch, 'plugins', 'install', './fine', './slurm')).toMatchObject({
      code: 2,
      stdout: '',
    });
    expect(directories(scratch)).toBe(0);
    expect((await run(scratch, 'list', 'backends')).stdout).toBe(bundledBackends);
  });

  test('no newer version that cannot be used, and the installed one stays', async () => {
    const scratch = createScratch();
    const folder = await installOne(scratch);
    for (const source of [`throw new Error('no SDK');`, 'process.exit(0);']) {
      writePlugin(folder, name, source);
      expect((await spawned(scratch, 'plugins', 'install', './slurm')).code).toBeGreaterThan(0);
      expect(await run(scratch, 'list', 'backends')).toMatchObject({ stdout: withSlurm, stderr: '' });
    }
  });

  test('one at a time', async () => {
    const scratch = createScratch();
    const lock = join(data(scratch), 'plugins/.lock');
    mkdirSync(join(lock, '..'), { recursive: true });
    const owner = { host: 'elsewhere', pid: 1, pidNamespace: 'x', startedAt: 'x' };
    writeFileSync(lock, JSON.stringify(owner));
    const { code, stderr } = await run(scratch, 'plugins', 'uninstall', name);
    expect(code).toBe(2);
    expect(stderr).toContain(`Wait for it to end. If it is dead, remove ${lock}.`);
  });
});
