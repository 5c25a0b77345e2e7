import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '@cooperbench/core/host';
import { afterAll, beforeAll, expect } from 'vitest';
import { cooperbench, type Ending, type Scratch, scratch } from './cli.test.support.ts';
import { type NpmRegistry, npmRegistry } from './npm-registry.test.support.ts';
import { run as runFile } from './packed.test.support.ts';
import { slurm, writePlugin } from './plugins.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('registry');
const name = 'cooperbench-backend-ssh';
const nowhere = 'http://127.0.0.1:1/';

describe(`plugins from a registry${reason}`, () => {
  let place: Scratch;
  let registry: NpmRegistry;
  let remove = (): void => {};

  beforeAll(async () => {
    place = scratch((work) => {
      remove = work;
    });
    registry = await npmRegistry(join(place.root, 'registry'));
    await publish(name, '0.1.0', 'latest');
    expect(await plugins('install', name)).toMatchObject(listing('0.1.0'));
    await publish(name, '0.2.0', 'next');
    await publish(name, '0.3.0', 'other', { peerDependencies: { '@cooperbench/core': '^97.0.0' } });
    await publish(name, '0.4.0', 'broken', { scripts: { postinstall: 'echo no compiler >&2; exit 3' } });
    await publish(name, '0.5.0', 'half');
    rmSync(join(place.root, `registry/storage/${name}/${name}-0.5.0.tgz`));
  });

  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    remove();
  });

  const npm = (folder: string, ...args: string[]): ReturnType<typeof runFile> =>
    runFile('npm', args, folder, { PATH: process.env.PATH, HOME: place.tmp, ...registry.env });
  const publish = async (
    what: string,
    version: string,
    tag: string,
    manifest: object = {},
  ): Promise<void> => {
    const folder = join(place.root, what, version);
    writePlugin(folder, what, slurm(what).replace('slurm: {', 'ssh: {'), { version, ...manifest });
    await npm(folder, 'publish', '--tag', tag);
  };
  const tagLatest = (version: string): ReturnType<typeof runFile> =>
    npm(place.root, 'dist-tag', 'add', `${name}@${version}`, 'latest');
  const plugins = (...args: string[]): Promise<Ending> => pluginsWith({}, ...args);
  const pluginsWith = (env: object, ...args: string[]): Promise<Ending> =>
    cooperbench(place, ['plugins', ...args], {
      env: {
        ...registry.env,
        npm_config_fetch_retries: '0',
        XDG_DATA_HOME: join(place.root, 'data'),
        XDG_CACHE_HOME: join(place.root, 'cache'),
        ...env,
      },
    });
  const listing = (version: string): Ending => ({
    code: 0,
    signal: null,
    stdout: `${name} ${version} (installed)\n  backend ssh\n`,
    stderr: '',
  });
  /** Every file of the data directory. */
  const installed = (): Record<string, string> => {
    const data = join(place.root, 'data/cooperbench');
    const files = readdirSync(data, { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name: file }) => join(parentPath, file))
      .sort();
    return Object.fromEntries(files.map((file) => [file, readFileSync(file, 'utf8')]));
  };

  const npmHint = 'Check the name or path; a path starts with ./ or /. --verbose shows the output of npm.';
  const failures: readonly (readonly [spec: string, env: object, message: (registry: string) => string])[] = [
    [`${name}@9.9.9`, {}, () => `No matching version found for ${name}@9.9.9.`],
    [`${name}@nexxt`, {}, () => `No matching version found for ${name}@nexxt.`],
    [
      'cooperbench-none@1.0.0',
      {},
      (at) => `Not Found - GET ${at}cooperbench-none - no such package available.`,
    ],
    [`${name}@0.4.0`, {}, () => 'command failed: no compiler.'],
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
        stderr: `Error: npm could not install ${spec.replace('hunter2', '***')}: ${message(registry.env.npm_config_registry ?? '')}\n${npmHint}\n`,
      });
      expect(installed()).toEqual(before);
    },
  );

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
    const refused = `Plugin ${name} 0.3.0 was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.`;
    expect(await plugins('update')).toMatchObject({
      code: 0,
      stdout: `${name} stays 0.2.0: ${refused}\n`,
      stderr: '',
    });
    const { stdout } = await plugins('update', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ name, was: '0.2.0', is: '0.2.0', refused }]);
  });

  test('a range is what npm takes of it, and an exact version stays', async () => {
    expect(await plugins('install', `${name}@<0.3.0`)).toMatchObject(listing('0.2.0'));
    expect(await plugins('install', `${name}@0.1.0`)).toMatchObject(listing('0.1.0'));
    expect((await plugins('update')).stdout).toBe('All plugins are up to date.\n');
  });

  test("a tarball's URL is installed, and stays", async () => {
    const url = `${registry.env.npm_config_registry}${name}/-/${name}-0.2.0.tgz`;
    expect(await plugins('install', url)).toEqual(listing('0.2.0'));
    expect((await plugins('update')).stdout).toBe('All plugins are up to date.\n');
  });
});
