import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { cooperbench, createScratch, type Ending, type Scratch } from './cli.test.support.ts';
import { nodeTypes, packagesOf, run, tsc, workspace } from './packed.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { madeRelease } from './release.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('registry');
const sandboxed = needing('bubblewrap');

/** What `npm install -g cooperbench` may take on disk. README says the same. */
const budgetMiB = 150;

const { prefix, env, workspace: released } = await madeRelease();

describe(`a release, published to a registry and installed by a stranger${reason}`, () => {
  let scratch: Scratch;
  let app: string;
  let remove = (): void => {};

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    app = join(scratch.root, 'app');
    mkdirSync(app);
    // What npm would install here again: hard links to what it installed globally.
    await run('cp', ['-al', join(prefix, 'lib/node_modules/cooperbench/node_modules'), app], app);
    await run('cp', ['-al', join(prefix, 'lib/node_modules/cooperbench'), join(app, 'node_modules')], app);
    await run('rm', ['-r', join(app, 'node_modules/cooperbench/node_modules')], app);
    const dependencies = Object.fromEntries(
      packagesOf(released).map(({ manifest: { name, version } }) => [name, version]),
    );
    writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
    await run('npm', ['install'], app, { ...env, HOME: scratch.root, TMPDIR: scratch.tmp });
  });

  afterAll(() => remove());

  const command = join(prefix, 'bin/cooperbench');
  const installed = (...args: string[]): Promise<Ending> => cooperbench(scratch, args, { command, env });

  test('tells its version', async () => {
    const { version } = readJson<{ version: string }>(released, 'packages/cli/package.json');
    expect(await installed('--version')).toEqual({
      code: 0,
      signal: null,
      stdout: `cooperbench/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
      stderr: '',
    });
  });

  test(`takes at most ${budgetMiB} MiB`, async () => {
    const { stdout } = await run('du', ['-sm', prefix], scratch.root);
    expect(Number.parseInt(stdout, 10)).toBeLessThanOrEqual(budgetMiB);
  });

  test('is loaded by require of CommonJS programs, with every other package', async () => {
    const names = packagesOf(released)
      .filter(({ manifest: { exports } }) => exports?.['.'])
      .map(({ manifest: { name } }) => name);
    writeFileSync(
      join(app, 'load.cjs'),
      `console.log(${JSON.stringify(names)}.filter((name) => Object.keys(require(name)).length === 0));`,
    );
    expect(await run(process.execPath, ['load.cjs'], app)).toEqual({ stdout: '[]\n', stderr: '' });
  });

  test('explains itself', async () => {
    const { code, stdout, stderr } = await installed('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['run', 'eval', 'demo', 'prepare', 'report', 'show', 'analyze', 'view', 'watch'])
      expect(stdout).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
    const topics = `${(await installed('config', '--help')).stdout}${(await installed('dataset', '--help')).stdout}`;
    for (const command of ['config gcp', 'config modal', 'dataset build', 'dataset validate'])
      expect(topics).toMatch(new RegExp(`^  ${command} +\\S`, 'm'));
    const help = await installed('run', '--help');
    expect(help.code).toBe(0);
    for (const flag of ['--name', '--subset', '--features', '--seat', '--budget', '--fail-under', '--json'])
      expect(help.stdout).toContain(flag);
    // No default may be made of the machine that it was packed on.
    expect(help.stdout).not.toContain(scratch.root);
    for (const root of [workspace, released]) expect(help.stdout).not.toContain(root);
  });

  test('knows its commands without importing them, which the workspace does not', () => {
    const manifest = readJson<{ commands: object }>(app, 'node_modules/cooperbench/oclif.manifest.json');
    expect(Object.keys(manifest.commands)).toEqual(
      expect.arrayContaining(['run', 'plugins', 'plugins:install']),
    );
    for (const root of [workspace, released])
      expect(existsSync(join(root, 'packages/cli/oclif.manifest.json'))).toBe(false);
  });

  test('provides the default agents and backends', async () => {
    const { stdout } = await installed('list', 'agents');
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'aider',
      'claude_code',
      'cli',
      'codex',
      'mini',
      'mini_swe_agent',
      'mini_swe_agent_cli',
      'mini_swe_agent_v2',
      'nop',
      'oracle',
      'swe_agent',
      '',
    ]);
    expect((await installed('list', 'backends')).stdout).toBe(
      'docker\t@cooperbench/backend-docker\nlocal\t@cooperbench/backend-local\nmodal\t@cooperbench/backend-modal\n',
    );
  });

  test.for([
    ['run -a openhands', 'agent "openhands"', '@cooperbench/agent-openhands-bridge'],
    ['run -a oracle --backend gcp', 'backend "gcp"', '@cooperbench/backend-gcp'],
    ['config gcp', 'command "config gcp"', '@cooperbench/backend-gcp'],
    ['doctor --agent openhands', 'agent "openhands"', '@cooperbench/agent-openhands-bridge'],
  ])('%s names the package that is not installed', async ([words = '', subject, name]) => {
    const { code, stdout, stderr } = await installed(...words.split(' '));
    expect(code).toBe(words.startsWith('doctor') ? 1 : 2);
    expect(`${stdout}${stderr}`).toMatch(
      new RegExp(
        `The ${subject} comes with ${name}, which is not installed\\.\\s+Install it: cooperbench plugins install ${name}\\.`,
      ),
    );
  });

  sandboxed.test(`runs the demo, which ends with a deficit${sandboxed.reason}`, async () => {
    const { code, stdout, stderr } = await installed('demo', '--json', '--log-dir', scratch.logs);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { pairs, deficit } = JSON.parse(stdout) as { pairs: { solo: boolean }[]; deficit: number };
    expect(pairs).toHaveLength(4);
    expect(pairs.every(({ solo }) => solo)).toBe(true);
    expect(deficit).toBeGreaterThan(0);
    await expectNothingLeft(scratch);
  });

  test('runs an experiment of a configuration file with the dataset of npm, every combination', async () => {
    const lab = join(scratch.root, 'lab');
    const dataset = join(app, 'node_modules/@cooperbench/sample-dataset');
    mkdirSync(lab);
    writeFileSync(
      join(lab, 'cooperbench.config.yaml'),
      [
        'backend: local',
        `datasetDir: ${dataset}`,
        'repo: recur_task',
        'features: [2, 4]',
        'agent: oracle',
        'experiments: { deficit: { git: true, matrix: { setting: [coop, solo] } } }',
      ].join('\n'),
    );
    const words = ['run', '--experiment', 'deficit', '--json'];
    const { stdout } = await cooperbench({ ...scratch, root: lab }, words, { command, env });
    expect(JSON.parse(stdout)).toMatchObject({
      runs: [
        { name: 'deficit-coop', exit_code: 0, summary: { total_tasks: 1, pass_rate: 1 } },
        { name: 'deficit-solo', exit_code: 0, summary: { total_tasks: 1, pass_rate: 1 } },
      ],
    });
    await expectNothingLeft(scratch);
  });

  test('installs all its packages side by side, with one core', () => {
    const names = readdirSync(join(app, 'node_modules/@cooperbench')).map((name) => `@cooperbench/${name}`);
    expect([...names, 'cooperbench'].sort()).toEqual(
      packagesOf()
        .map(({ manifest }) => manifest.name)
        .sort(),
    );
    const paths = readdirSync(join(app, 'node_modules'), { recursive: true, encoding: 'utf8' });
    expect(paths.filter((path) => path.endsWith('@cooperbench/core'))).toEqual(['@cooperbench/core']);
  });

  test('is a library, which prints nothing unless asked', async () => {
    const options = {
      agent: 'oracle',
      backend: 'local',
      datasetDir: join(app, 'node_modules/@cooperbench/sample-dataset'),
      logDir: join(scratch.root, 'library'),
    };
    writeFileSync(
      join(app, 'script.mjs'),
      `import { writeFileSync } from 'node:fs';
import { ConfigError, CooperBenchError, evaluate, run } from 'cooperbench';
const options = ${JSON.stringify(options)};
const events = [];
const summary = await run({ ...options, name: 'x', repo: 'recur_task', features: [2, 4], onEvent: ({ type }) => events.push(type) });
const evaluation = await evaluate({ ...options, name: 'x', agent: undefined });
const refused = await run({ ...options, repo: 'recur' }).catch((error) => error);
writeFileSync('said.json', JSON.stringify({ summary, evaluation, events, refused: {
  code: refused.code, hint: refused.hint, is: refused instanceof ConfigError && CooperBenchError.is(refused) } }));
`,
    );
    expect(await run(process.execPath, ['script.mjs'], app)).toEqual({ stdout: '', stderr: '' });
    const output = readJson<{ events: string[] }>(app, 'said.json');
    expect(output).toMatchObject({
      summary: { run_name: 'x', total_tasks: 1, completed: 1, pass_rate: 1 },
      evaluation: { run_name: 'x', passed: 1, skipped: 1, pass_rate: 1 },
      refused: { code: 'UNKNOWN_REPO', hint: 'Did you mean "recur_task"?', is: true },
    });
    expect(output.events.at(0)).toBe('run_started');
    expect(output.events.at(-1)).toBe('run_finished');
  });

  /** Returns the errors that the compiler finds in a folder. */
  const errorsIn = (folder: string): Promise<string[]> =>
    run(tsc, ['-p', 'tsconfig.json', '--pretty', 'false'], folder).then(
      () => [],
      (error: Error) => error.message.match(/\S+\(\d+,\d+\): error TS.*/g) ?? [error.message],
    );

  test('has types that a strict compiler takes, and that find a mistake', async () => {
    const compilerOptions = {
      ...{ strict: true, noEmit: true, module: 'nodenext', target: 'es2023' },
      ...{ lib: ['es2024', 'esnext.disposable'], exactOptionalPropertyTypes: true },
      ...{ types: ['node'], typeRoots: [nodeTypes] },
    };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['script.ts'] }));
    writeFileSync(
      join(app, 'script.ts'),
      `import { type EvaluationSummary, evaluate, run, type RunEvent, type RunSummary } from 'cooperbench';
import { type Backend, definePlugin, type PluginHook } from '@cooperbench/core';
import { backendContract } from '@cooperbench/testing';
import local from '@cooperbench/backend-local';
const summary: RunSummary = await run({ agent: 'oracle', taskId: 8, features: [1, 2], concurrency: 2, onEvent: (event: RunEvent) => event.type });
const evaluation: EvaluationSummary = await evaluate({ runName: summary.run_name });
const rate: number | null = evaluation.pass_rate;
export type Mine = Backend;
export const plugin: PluginHook = definePlugin({ name: 'mine', apiVersion: 1 });
export { backendContract, local, rate };
await run({ concurrency: 'two' });
`,
    );
    expect(await errorsIn(app)).toEqual([
      "script.ts(11,13): error TS2322: Type 'string' is not assignable to type 'number'.",
    ]);
  });

  test("checks a repository's configuration and plugin with the guide's tsconfig.json", async () => {
    const guide = readFileSync(join(workspace, 'docs/guide/experiments-in-a-research-repo.md'), 'utf8');
    const [, tsconfig = ''] = /```json\n(\{\n {2}"compilerOptions".*?)```/s.exec(guide) ?? [];
    const { compilerOptions, include } = JSON.parse(tsconfig);
    const study = join(app, 'study');
    mkdirSync(join(study, 'agents'), { recursive: true });
    const write = (name: string, content: string): void => writeFileSync(join(study, name), content);
    write('package.json', '{ "name": "study", "private": true, "type": "module" }');
    write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: { ...compilerOptions, typeRoots: [nodeTypes] }, include }),
    );
    const configuration = (backend: string): string => `import { defineConfig } from 'cooperbench';
import mine from './agents/mine.ts';
export default defineConfig({
  plugins: [mine], agent: 'mine', backend: ${backend},
  experiments: { e: { matrix: { agentOptions: [{ mine: { style: 'brief' } }], git: [true] } } },
});
`;
    write('cooperbench.config.ts', configuration("'local'"));
    write('wrong.ts', configuration('7'));
    write('misspelt.ts', configuration("'docker', backendOptions: { docker: { cpuz: 2 } }"));
    write('misspelt-modal.ts', configuration("'modal', backendOptions: { modal: { cpuz: 2 } }"));
    write(
      'agents/mine.ts',
      `import { readFile } from 'node:fs/promises';
import { definePlugin, objectSchema, option, type PluginHook } from '@cooperbench/core';
interface Options { readonly style: string }
const options = objectSchema<Options>({ style: option.text('How it writes.') }, { required: ['style'] });
const plugin: PluginHook = definePlugin({
  name: 'mine', apiVersion: 1,
  agents: { mine: {
    options, untrusted: () => false,
    create: ({ style }: Options) => ({ run: async () => ({ status: style === '' ? 'LimitsExceeded' : 'Completed', patch: await readFile('x') }) }),
  } },
});
export default plugin;
`,
    );
    expect(await errorsIn(study)).toEqual([
      expect.stringMatching(
        /^misspelt-modal\.ts\(4,\d+\): error TS\d+: .*'cpuz' does not exist in type 'ModalOptions'/,
      ),
      expect.stringMatching(
        /^misspelt\.ts\(4,\d+\): error TS\d+: .*'cpuz' does not exist in type 'DockerOptions'/,
      ),
      "wrong.ts(4,35): error TS2322: Type 'number' is not assignable to type 'string'.",
    ]);
    const { code, stderr, stdout } = await cooperbench(
      { ...scratch, root: study },
      ['config', 'show', '--experiment', 'e', '--json'],
      { command: join(app, 'node_modules/.bin/cooperbench') },
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).settings).toContainEqual({
      ...{ key: 'agent', value: 'mine', from: 'cooperbench.config.ts' },
    });
  });
});
