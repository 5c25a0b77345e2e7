import { lstatSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '@cooperbench/core/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createScratch, type Ending, type Scratch } from './cli.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { publish, tagVersion } from './npm-registry.test.support.ts';
import { run } from './packed.test.support.ts';
import { ownFolders, slurm, writePlugin } from './plugins.test.support.ts';
import { madeRelease } from './release.test.support.ts';
import { filesBelow } from './run-files.test.support.ts';

const name = 'cooperbench-backend-ssh';
const nowhere = 'http://127.0.0.1:1/';

const { registry } = await madeRelease();

describe('plugins from a registry', () => {
  let scratch: Scratch;
  let remove = (): void => {};

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    await release('0.1.0', 'latest');
    expect(await plugins('install', name)).toMatchObject(listing('0.1.0'));
    await release('0.2.0', 'next');
    const next = slurm(name).replace('apiVersion: 1', 'apiVersion: 2');
    await release('0.3.0', 'other', { peerDependencies: { '@cooperbench/core': '^97.0.0' } }, next);
    await release('0.4.0', 'broken', { scripts: { postinstall: 'echo no compiler >&2; exit 3' } });
    await release('0.5.0', 'half');
    rmSync(join(registry.storage, name, `${name}-0.5.0.tgz`));
  });

  afterAll(() => remove());

  const release = async (
    version: string,
    tag: string,
    manifest: object = {},
    source = slurm(name),
  ): Promise<void> => {
    const folder = join(scratch.root, version);
    writePlugin(join(folder, 'package'), name, source.replace('slurm: {', 'ssh: {'), {
      version,
      ...manifest,
    });
    const tarball = join(folder, `${name}-${version}.tgz`);
    await run('tar', ['-czf', tarball, 'package'], folder);
    await publish(registry.url, tarball, tag);
  };
  const tagLatest = (version: string): Promise<void> => tagVersion(registry.url, name, version, 'latest');
  const plugins = (...args: string[]): Promise<Ending> => pluginsWith({}, ...args);
  const pluginsWith = (env: object, ...args: string[]): Promise<Ending> =>
    runInProcess(scratch, ['plugins', ...args], {
      env: { ...ownFolders(scratch), ...registry.env, npm_config_fetch_retries: '0', ...env },
    });
  const listing = (version: string): Ending => ({
    code: 0,
    signal: null,
    stdout: `${name} ${version} (installed)\n  backend ssh\n`,
    stderr: '',
  });
  /** Returns every file and link of the data directory. */
  const installed = (): Record<string, string> => {
    const data = join(scratch.root, 'data/cooperbench');
    const files = filesBelow(data).map((file) => join(data, file));
    return Object.fromEntries(
      files.map((file) => [
        file,
        lstatSync(file).isSymbolicLink() ? readlinkSync(file) : readFileSync(file, 'utf8'),
      ]),
    );
  };

  const npmHint =
    'No script of a package ran. Check the name or path; a path starts with ./ or /. --verbose shows the output of npm.';
  const failures: readonly (readonly [spec: string, env: object, message: (registry: string) => string])[] = [
    [`${name}@9.9.9`, {}, () => `No matching version found for ${name}@9.9.9.`],
    [`${name}@nexxt`, {}, () => `No matching version found for ${name}@nexxt.`],
    [
      'cooperbench-none@1.0.0',
      {},
      (at) => `Not Found - GET ${at}cooperbench-none - no such package available.`,
    ],
    [
      `${name}@0.5.0`,
      {},
      (at) => `Not Found - GET ${at}${name}/-/${name}-0.5.0.tgz - no such file available.`,
    ],
    [
      `${name}@0.2.0`,
      { npm_config_registry: nowhere },
      () => `FetchError: request to ${nowhere}${name} failed, reason: connect ECONNREFUSED 127.0.0.1:1.`,
    ],
    [
      'http://me:hunter2@127.0.0.1:1/x.tgz',
      {},
      () =>
        'FetchError: request to http://me:***@127.0.0.1:1/x.tgz failed, reason: connect ECONNREFUSED 127.0.0.1:1.',
    ],
  ];

  test.for(failures)(
    '%s with %j fails with the reason, and leaves what there is',
    async ([spec, env, message]) => {
      const before = installed();
      expect(await pluginsWith(env, 'install', spec)).toEqual({
        code: 2,
        signal: null,
        stdout: '',
        stderr: `Error: npm could not install ${spec.replace('hunter2', '***')}: ${message(registry.url)}\n${npmHint}\n`,
      });
      expect(installed()).toEqual(before);
    },
  );

  test('a script that fails is named, and does not run unless it is allowed', async () => {
    const failed = await plugins('install', `${name}@0.4.0`, '--allow-scripts');
    expect(failed).toMatchObject({
      code: 2,
      stderr: `Error: npm could not install ${name}@0.4.0: command failed: no compiler.\n${npmHint.replace('No script of a package ran.', 'Scripts of packages may have run.')}\n`,
    });
    expect(await plugins('install', `${name}@0.4.0`)).toMatchObject({
      code: 0,
      stderr: `Warning: npm did not run the install scripts of ${name}. If it needs them and you trust them, add --allow-scripts.\n`,
    });
    expect(await plugins('install', name)).toMatchObject(listing('0.1.0'));
  });

  test('peers of others are installed, those of optional ones are not, and core is not copied', async () => {
    const folder = join(scratch.root, 'peers');
    const peer = 'cooperbench-peer';
    writePlugin(join(folder, 'package'), peer, 'export {};', { exports: './index.js', oclif: {} });
    await run('tar', ['-czf', `${peer}-1.2.0.tgz`, 'package'], folder);
    await publish(registry.url, join(folder, `${peer}-1.2.0.tgz`));
    const expected = { [peer]: '^1.0.0', '@cooperbench/core': '<1', 'cooperbench-none': '1' };
    const peers = {
      peerDependencies: expected,
      peerDependenciesMeta: { 'cooperbench-none': { optional: true } },
    };
    await release('0.6.0', 'peers', peers, `import '${peer}';\n${slurm(name)}`);
    expect(await plugins('install', `${name}@peers`, '--json')).toMatchObject({ code: 0, stderr: '' });
    const paths = Object.keys(installed()).filter((path) => path.endsWith(`${peer}/index.js`));
    expect(paths).toHaveLength(1);
    expect(await plugins('install', name)).toMatchObject(listing('0.1.0'));
  });

  const absent: readonly (readonly [
    version: string,
    peer: string,
    range: string,
    reason: (registry: string) => string,
  ])[] = [
    [
      '0.7.0',
      'cooperbench-absent',
      '^3.0.0',
      (at) => `Not Found - GET ${at}cooperbench-absent - no such package available.`,
    ],
    ['0.8.0', 'cooperbench-peer', '^9.0.0', () => 'No matching version found for cooperbench-peer@^9.0.0.'],
  ];

  test.for(absent)(
    'release %s is named when its peer %s %s cannot be installed',
    async ([version, peer, range, reason]) => {
      await release(version, `peer-${version}`, { peerDependencies: { [peer]: range } });
      const before = installed();
      expect(await plugins('install', `${name}@${version}`)).toEqual({
        code: 2,
        signal: null,
        stdout: '',
        stderr: `Error: The peers of ${name}@${version} cannot be installed: npm could not install ${peer}@${range}: ${reason(registry.url)}\nNo script of a package ran. Ask its author for a release whose peers exist, or install another one. --verbose shows the output of npm.\n`,
      });
      expect(installed()).toEqual(before);
    },
  );

  test('a password in the address of such a plugin is not shown', async () => {
    const address = `${registry.url.replace('://', '://me:hunter2@')}${name}/-/${name}-0.8.0.tgz`;
    const { code, stderr } = await plugins('install', address);
    expect(code).toBe(2);
    expect(stderr).toContain(`The peers of ${address.replace('hunter2', '***')} cannot be installed`);
    expect(stderr).not.toContain('hunter2');
  });

  test('peers of peers are installed beside them', async () => {
    const peers = { 'cooperbench-outer': { 'cooperbench-inner': '1.0.0' }, 'cooperbench-inner': {} };
    for (const [peer, peerDependencies] of Object.entries(peers)) {
      const folder = join(scratch.root, peer);
      writePlugin(join(folder, 'package'), peer, 'export {};', {
        ...{ version: '1.0.0', exports: './index.js', oclif: {} },
        peerDependencies,
      });
      await run('tar', ['-czf', `${peer}-1.0.0.tgz`, 'package'], folder);
      await publish(registry.url, join(folder, `${peer}-1.0.0.tgz`));
    }
    const source = `import 'cooperbench-outer';\n${slurm(name)}`;
    await release('0.9.0', 'outer', { peerDependencies: { 'cooperbench-outer': '^1.0.0' } }, source);
    expect(await plugins('install', `${name}@0.9.0`)).toMatchObject({ code: 0, stderr: '' });
    const paths = Object.keys(installed()).filter((path) =>
      /cooperbench-(inner|outer)\/index\.js$/.test(path),
    );
    expect(paths).toHaveLength(2);
    expect(await plugins('install', name)).toMatchObject(listing('0.1.0'));
  });

  test('what is left is listed and works', async () => {
    const { stdout } = await plugins();
    expect(stdout.endsWith(listing('0.1.0').stdout)).toBe(true);
  });

  test('update says what changed, and what stays and why', async () => {
    const upToDate = { code: 0, stdout: 'All plugins are up to date.\n', stderr: '' };
    expect(await plugins('update')).toMatchObject(upToDate);
    await tagLatest('0.2.0');
    expect(await plugins('update')).toMatchObject({
      code: 0,
      stdout: `${name} 0.1.0 → 0.2.0\n`,
      stderr: '',
    });
    await tagLatest('0.3.0');
    const refusal = `Plugin ${name} 0.3.0 has apiVersion 2; this core takes 1. It was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.`;
    expect(await plugins('update')).toMatchObject({
      code: 0,
      stdout: `${name} stays 0.2.0: ${refusal}\n`,
      stderr: '',
    });
    const { stdout } = await plugins('update', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ name, was: '0.2.0', is: '0.2.0', refused: refusal }]);
  });

  test('a range is what npm takes of it, and an exact version stays', async () => {
    expect(await plugins('install', `${name}@<0.3.0`)).toMatchObject(listing('0.2.0'));
    expect(await plugins('install', `${name}@0.1.0`)).toMatchObject(listing('0.1.0'));
    expect((await plugins('update')).stdout).toBe('All plugins are up to date.\n');
  });

  test("a tarball's URL is installed, and stays", async () => {
    const url = `${registry.url}${name}/-/${name}-0.2.0.tgz`;
    expect(await plugins('install', url)).toEqual(listing('0.2.0'));
    expect((await plugins('update')).stdout).toBe('All plugins are up to date.\n');
  });
});
