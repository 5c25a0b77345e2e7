import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptedModel } from '@cooperbench/testing';
import { afterAll, beforeAll, expect } from 'vitest';
import { cooperbench, createScratch, type Ending, type Scratch, sampleDataset } from './cli.test.support.ts';
import { run } from './packed.test.support.ts';
import { run as cli } from './plugins.test.support.ts';
import { madeRelease } from './release.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('registry');
const made = { agent: 'planner', backend: 'slurm' };
const packages = ['cooperbench-agent-planner', 'cooperbench-backend-slurm'] as const;
const [planner, slurm] = packages;

const { prefix, env } = await madeRelease();

describe(`plugins that somebody creates${reason}`, () => {
  let scratch: Scratch;
  let remove = (): void => {};

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    for (const [kind, name] of Object.entries(made)) {
      const { directory, files } = JSON.parse(
        (await installed('plugins', 'create', kind, name, '--json')).stdout,
      );
      expect(filesBelow(directory).sort()).toEqual(files);
      expect(files).toContain('.gitignore');
    }
    await npm(slurm, 'install');
  });

  afterAll(() => remove());

  const installed = (...args: string[]): Promise<Ending> =>
    cooperbench(scratch, args, { command: join(prefix, 'bin/cooperbench'), env });
  const npm = (folder: string, ...args: string[]): ReturnType<typeof run> =>
    run('npm', args, join(scratch.root, folder), { ...env, HOME: scratch.root, TMPDIR: scratch.tmp });
  /** The tools of every plugin are the same. */
  const giveTools = (folder: string): ReturnType<typeof run> =>
    run('cp', ['-al', join(scratch.root, slurm, 'node_modules'), join(scratch.root, folder)], scratch.root);

  test('pass their tests at once', async () => {
    const { stdout } = await npm(slurm, 'test');
    expect(stdout).toMatch(/Tests\s.*\d+ passed/);
    expect(stdout).not.toMatch(/failed|skipped/);
  });

  test('are published, installed, run and removed', async () => {
    await giveTools(planner);
    for (const name of packages) {
      const manifest = join(scratch.root, name, 'package.json');
      writeFileSync(
        manifest,
        readFileSync(manifest, 'utf8').replace('"version": "0.0.0"', '"version": "1.0.0"'),
      );
      // Runs "prepare", which builds.
      await npm(name, 'publish');
    }
    const { stdout } = await installed('plugins', 'install', ...packages, '--json');
    const rows = JSON.parse(stdout) as { name: string; version: string; root: string }[];
    expect(rows.map(({ name, version }) => [name, version])).toEqual(packages.map((name) => [name, '1.0.0']));
    for (const { root } of rows) {
      // All plugins use core of the command.
      const below = readdirSync(join(root, '../..', 'node_modules'), { recursive: true, encoding: 'utf8' });
      expect(below.filter((path) => /@cooperbench\/(core|command)$|\/ajv$/.test(path))).toEqual([]);
      const shipped = readdirSync(root, { recursive: true, encoding: 'utf8' });
      expect(
        shipped.filter((path) => /^[^/]*$|\.test\./.test(path) && path !== 'node_modules').sort(),
      ).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    }
    await using model = await scriptedModel({ text: 'Done.' });
    writeFileSync(
      join(scratch.root, 'cooperbench.config.json'),
      JSON.stringify({ ...made, repo: 'recur_task', datasetDir: sampleDataset, model: 'hosted_vllm/any' }),
    );
    // The sandboxes of the created backend isolate nothing.
    const flags = ['--base-url', model.url, '--unisolated', '--json'];
    const ending = await installed('run', '-n', 'theirs', '-f', '2,4', ...flags);
    expect(JSON.parse(ending.stdout)).toMatchObject({ total_tasks: 1, completed: 1, failed: 0 });
    expect(model.requests).toHaveLength(2);
    expect(readJson(scratch.root, 'logs/theirs/config.json')).toMatchObject({
      backend: made.backend,
      settings: { coop: { identity: { agent: made.agent } } },
    });
    await installed('plugins', 'uninstall', ...packages);
    expect((await installed('list', 'backends')).stdout).not.toContain(made.backend);
  });

  test('in a clone install, build and link with core of the clone; published, they install where there is no clone', async () => {
    await cli(scratch, 'plugins', 'create', 'backend', 'cloud');
    const name = 'cooperbench-backend-cloud';
    const folder = join(scratch.root, name);
    await giveTools(name);
    rmSync(join(folder, 'node_modules/@cooperbench'), { recursive: true });
    // Runs "prepare", which builds.
    await npm(name, 'install');
    expect(await cli(scratch, 'plugins', 'link', name)).toEqual({
      code: 0,
      signal: null,
      stdout: `${name} 0.0.0 (linked from ${folder})\n  backend cloud\n`,
      stderr: '',
    });
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(
      'Once the packages of CooperBench are on npm',
    );
    await npm(name, 'publish');
    const { stdout } = await installed('plugins', 'install', name, '--json');
    const [{ root, ...row }] = JSON.parse(stdout);
    expect(row).toMatchObject({ name, backends: ['cloud'], problem: null });
    expect(readdirSync(join(root, '../@cooperbench'))).toEqual(['backend-kit']);
  });
});
