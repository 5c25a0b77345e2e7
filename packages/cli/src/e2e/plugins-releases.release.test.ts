import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { kindNames } from '../scaffold/kinds.ts';
import { linkModules } from '../scaffold/templates.test.support.ts';
import { cooperbench, createScratch, type Ending, type Scratch, sampleDataset } from './cli.test.support.ts';
import { npmRegistry, publish } from './npm-registry.test.support.ts';
import { type Manifest, run, tsc } from './packed.test.support.ts';
import { madeRelease, packAll, version } from './release.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('registry');

interface Row {
  readonly name: string;
  readonly problem: { readonly code: string; readonly message: string } | null;
  readonly warning: string | null;
}

const { workspace: released, prefix, env, registry } = await madeRelease();
const packages = kindNames.map((kind) => `cooperbench-${kind}-theirs`);

describe(`plugins of every kind, made for one release${reason}`, () => {
  let scratch: Scratch;
  let remove = (): void => {};
  /** Where the release after the next one is installed. */
  let later: string;

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    later = join(scratch.root, 'later');
    await Promise.all([publishPlugins(), installLater()]);
  });

  afterAll(() => remove());

  const by = (where: string, ...args: string[]): Promise<Ending> =>
    cooperbench(scratch, args, {
      command: join(where, 'bin/cooperbench'),
      env: { ...env, XDG_DATA_HOME: join(scratch.root, 'data') },
    });
  const theirs = async (where: string): Promise<Row[]> => {
    const { stdout } = await by(where, 'plugins', '--json');
    return (JSON.parse(stdout) as Row[]).filter(({ name }) => packages.includes(name));
  };

  async function publishPlugins(): Promise<void> {
    linkModules(scratch.root);
    for (const kind of kindNames) await by(prefix, 'plugins', 'create', kind, 'theirs');
    const builds = packages.map((name) => join(name, 'tsconfig.build.json'));
    await run(tsc, ['-b', ...builds], scratch.root);
    for (const name of packages) {
      const folder = join(scratch.root, name);
      const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
      writeFileSync(
        join(folder, 'package.json'),
        manifest.replace('"version": "0.0.0"', '"version": "1.0.0"'),
      );
      await run('npm', ['pack', '--ignore-scripts'], folder, { ...env, HOME: scratch.root });
      await publish(registry.url, join(folder, `${name}-1.0.0.tgz`));
    }
    expect(await by(prefix, 'plugins', 'install', ...packages)).toMatchObject({ code: 0 });
  }

  /** Releases a minor of core, then a patch, and installs what npm then has. */
  async function installLater(): Promise<void> {
    const copy = join(scratch.root, 'workspace');
    cpSync(released, copy, { recursive: true, verbatimSymlinks: true });
    for (const bump of ['minor', 'patch']) {
      writeFileSync(join(copy, '.changeset/more.md'), `---\n"@cooperbench/core": ${bump}\n---\n\nMore.\n`);
      await version(copy);
    }
    const tarballs = await packAll(copy, join(scratch.root, 'tarballs'));
    await using other = await npmRegistry(join(scratch.root, 'registry'));
    for (const tarball of Object.values(tarballs)) await publish(other.url, tarball);
    mkdirSync(later);
    await run('npm', ['install', '--global', 'cooperbench'], scratch.root, {
      ...{ ...env, ...other.env, npm_config_prefix: later, HOME: scratch.root },
    });
  }

  const versionOf = (where: string): string =>
    JSON.parse(
      readFileSync(
        join(where, 'lib/node_modules/cooperbench/node_modules/@cooperbench/core/package.json'),
        'utf8',
      ),
    ).version;

  test('load after a minor and a patch, without a warning', async () => {
    const [major, minor, patch] = versionOf(prefix).split('.').map(Number);
    expect(versionOf(later)).toBe(`${major}.${(minor ?? 0) + 1}.1`);
    expect(patch).toBe(0);
    const rows = await theirs(later);
    expect(rows.map(({ name }) => name).sort()).toEqual([...packages].sort());
    expect(rows.filter(({ problem, warning }) => problem !== null || warning !== null)).toEqual([]);
  });

  test('work after them', async () => {
    const choice = ['backend', 'bus', 'evaluator', 'merge-policy', 'reporter', 'setting'].flatMap((flag) => [
      `--${flag}`,
      'theirs',
    ]);
    const task = ['--dataset-dir', sampleDataset, '-r', 'recur_task', '-f', '2,4', '--agent', 'oracle'];
    const ending = await by(
      later,
      'run',
      '-n',
      'night',
      ...task,
      ...choice,
      '--channels',
      'theirs,messages',
      '--unisolated',
    );
    expect(ending).toMatchObject({ stderr: '', stdout: expect.stringMatching(/\d of 1 passed/) });
    expect((await by(later, 'theirs', 'night')).stdout).toContain('recur_task');
  });

  test('are made after them for the versions of the kits that this release has', async () => {
    for (const [kind, kit] of [
      ['agent', 'agent-kit'],
      ['command', 'command'],
    ] as const) {
      await by(later, 'plugins', 'create', kind, 'late');
      const { dependencies, devDependencies } = readJson<Manifest & { devDependencies: object }>(
        scratch.root,
        `cooperbench-${kind}-late/package.json`,
      );
      const packed = join(later, 'lib/node_modules/cooperbench/node_modules/@cooperbench', kit);
      const { version: released } = readJson<Manifest>(packed, 'package.json');
      expect({ ...devDependencies, ...dependencies }).toMatchObject({
        [`@cooperbench/${kit}`]: `^${released}`,
        '@cooperbench/core': `^${versionOf(later)}`,
      });
      expect(released).not.toBe(versionOf(later));
    }
  });

  test('are left out by name once core takes another apiVersion', async () => {
    const file = join(
      later,
      'lib/node_modules/cooperbench/node_modules/@cooperbench/core/dist/plugins/registry.js',
    );
    const source = readFileSync(file, 'utf8');
    const raised = source.replace(/(apiVersions = \[)1\]/, '$12]');
    expect(raised).not.toBe(source);
    writeFileSync(file, raised);
    // A package with commands alone has no contract of core.
    const affected = packages.filter((name) => !name.includes('-command-'));
    const rows = (await theirs(later)).filter(({ problem }) => problem !== null);
    expect(rows.map(({ problem }) => [problem?.code, problem?.message]).sort()).toEqual(
      affected
        .map((name) => ['PLUGIN_API', `Plugin ${name} 1.0.0 has apiVersion 1; this core takes 2.`])
        .sort(),
    );
  });
});
