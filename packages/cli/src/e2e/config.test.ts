import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createScratch,
  type Ending,
  type How,
  type Scratch,
  sampleDataset,
  cooperbench as spawned,
} from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';

const datasetDir = shellDataset(join(createScratch(afterAll).root, 'dataset'));

/** Returns a project that uses a small dataset with the oracle on the local backend, and these files. */
function project(
  files: Readonly<Record<string, string | object>>,
  scratch: Scratch = createScratch(),
): Scratch {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(scratch.root, name)), { recursive: true });
    writeFileSync(
      join(scratch.root, name),
      typeof content === 'string' ? content : JSON.stringify(content, null, 2),
    );
  }
  return scratch;
}

const base = {
  agent: 'oracle',
  backend: 'local',
  datasetDir,
  repo: 'shell_task',
  features: [1, 2],
};

async function dry(scratch: Scratch, args: string[] = [], options?: How): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await cooperbench(
    scratch,
    ['run', '--dry-run', '--json', ...args],
    options,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

async function shown(
  scratch: Scratch,
  args: string[] = [],
  options?: How,
): Promise<Record<string, [unknown, string]>> {
  const { code, stdout, stderr } = await cooperbench(scratch, ['config', 'show', '--json', ...args], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { settings } = JSON.parse(stdout) as { settings: { key: string; value: unknown; from: string }[] };
  return Object.fromEntries(settings.map(({ key, value, from }) => [key, [value, from]]));
}

test('a flag goes before the environment, that before the files, those before the defaults', async () => {
  const scratch = project({
    'cooperbench.config.yaml': 'maxSteps: 7\ngit: true\nprofiles:\n  night: { maxSteps: 8 }\n',
    '.config/cooperbench/config.json': { maxSteps: 6, concurrency: 2, backend: 'local' },
  });
  const of = async (args: string[] = [], env = {}) => (await shown(scratch, args, { env })).maxSteps;
  const env = { COOPERBENCH_MAX_STEPS: '9' };
  expect([
    await of(),
    await of(['--profile', 'night']),
    await of([], { COOPERBENCH_PROFILE: 'night' }),
    await of(['--profile', 'night'], env),
    await of(['--max-steps', '10'], env),
  ]).toEqual([
    [7, 'cooperbench.config.yaml:1:1'],
    [8, 'cooperbench.config.yaml:4:12'],
    [8, 'cooperbench.config.yaml:4:12'],
    [9, 'COOPERBENCH_MAX_STEPS'],
    [10, '--max-steps'],
  ]);
  const { git, concurrency, evalConcurrency, maxCost } = await shown(scratch, ['--no-git']);
  expect({ git, concurrency, evalConcurrency, maxCost }).toEqual({
    git: [false, '--no-git'],
    concurrency: [2, '.config/cooperbench/config.json:3:3'],
    evalConcurrency: [10, 'default'],
    maxCost: [3, 'default'],
  });
});

test('what is shown has no secret', async () => {
  const scratch = project({
    'cooperbench.config.json': {
      redis: 'redis://me:${COOPERBENCH_PASSWORD}@localhost:6379',
      busOptions: { redis: { url: 'redis://:other@host', keyPrefix: 'k' } },
      backend: 'local',
    },
    '.env': 'COOPERBENCH_PASSWORD=hunter2',
  });
  const { redis, 'busOptions.redis.url': url } = await shown(scratch);
  expect({ redis, url }).toEqual({
    redis: ['redis://me:***@localhost:6379', 'cooperbench.config.json:2:3'],
    url: ['redis://:***@host', 'cooperbench.config.json:5:7'],
  });
  const { stdout } = await cooperbench(scratch, ['config', 'show'], {
    env: { REDIS_URL: 'redis://:else@host' },
  });
  expect(stdout).toMatch(/^redis +redis:\/\/:\*\*\*@host +REDIS_URL$/m);
});

describe('config show', () => {
  const file = {
    'cooperbench.config.yaml': [
      'model: m',
      'seats: { agent2: { model: n } }',
      'backendOptions: { docker: { cpus: 1 }, mydocker: { cpus: 2 } }',
    ].join('\n'),
  };
  const backends = {
    'plugin.mjs': `export default () => ({ name: 'p', apiVersion: 1, backends: { mydocker: { create() {} } } });`,
  };
  const scratch = () =>
    project({
      ...backends,
      'cooperbench.config.yaml': `plugins: [./plugin.mjs]\n${file['cooperbench.config.yaml']}\n`,
    });

  test('an option of one backend does not come from the variable with those of another', async () => {
    const env = { COOPERBENCH_BACKEND_OPTION: 'mydocker.cpus=4' };
    const settings = await shown(scratch(), [], { env });
    expect(settings['backendOptions.docker.cpus']).toEqual([1, 'cooperbench.config.yaml:4:29']);
    expect(settings['backendOptions.mydocker.cpus']).toEqual([4, 'COOPERBENCH_BACKEND_OPTION']);
    const typed = await shown(scratch(), ['--backend-option', 'mydocker.cpus=5'], { env });
    expect(typed['backendOptions.mydocker.cpus']).toEqual([5, '--backend-option']);
  });

  test.for<[string, string[]]>([
    ['docker', ['backendOptions.docker.cpus']],
    ['backendOptions.docker', ['backendOptions.docker.cpus']],
    ['backendOptions', ['backendOptions.docker.cpus', 'backendOptions.mydocker.cpus']],
    ['model', ['model', 'seats.agent2.model']],
    ['budget', []],
  ])('--only %s', async ([key, keys]) => {
    expect(Object.keys(await shown(scratch(), ['--only', key])).sort()).toEqual(keys);
  });

  test('--only refuses a key that does not exist', async () => {
    expect(await cooperbench(scratch(), ['config', 'show', '--only', 'modle'])).toMatchObject({
      code: 2,
      stderr: 'Error: No setting has the key "modle".\nDid you mean "model"?\n',
    });
    expect((await cooperbench(scratch(), ['config', 'show', '--only', 'budget'])).stdout).toContain(
      'budget has no value.\n',
    );
  });
});

test('a run takes its settings from the files, and records where they came from', async () => {
  const scratch = project({
    'cooperbench.config.ts': `const base: object = ${JSON.stringify({ ...base, extends: './lab.yaml', logDir: 'kept' })};
export default { ...base, profiles: { quick: { name: 'quick', setting: 'solo' as const } } };`,
    'lab.yaml': 'timeout: 30m\nbackendOptions: { local: { network: false } }\n',
  });
  const { code, stderr } = await cooperbench(scratch, ['run', '--profile', 'quick', '--reporter', 'silent']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/);
  expect(readJson(scratch.root, 'kept/quick/config.json')).toMatchObject({
    settings: { solo: { identity: { agent: 'oracle', timeout_seconds: 1800 } } },
    backend: 'local',
    options: { backends: { local: { network: false } }, buses: {}, agents: {} },
    origin: {
      files: [
        { path: 'cooperbench.config.ts', sha256 },
        { path: 'lab.yaml', sha256 },
      ],
      profile: 'quick',
    },
  });
  const evaluated = await cooperbench(scratch, ['eval', '--profile', 'quick', '--json']);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ run_name: 'quick', passed: 1, skipped: 1 });
  expect((await cooperbench(scratch, ['list', 'runs', '--log-dir', 'kept'])).stdout).toMatch(
    /^quick\tsolo\t1\tn\/a\t100\.0%\t100\.0%\t\$0\.00\t\S+\n$/,
  );
});

test('an evaluation takes the backend that the run recorded before the one of the files', async () => {
  const scratch = project({ 'cooperbench.config.json': { ...base, backend: 'modal', name: 'x' } });
  expect(await cooperbench(scratch, ['run', '--backend', 'local', '--no-auto-eval'])).toMatchObject({
    code: 0,
  });
  expect(await cooperbench(scratch, ['eval'])).toMatchObject({ code: 0, stderr: '' });
  expect(await cooperbench(scratch, ['eval', '--force', '--backend', 'modal'])).toMatchObject({ code: 2 });
});

const experiments = { e: { matrix: { setting: ['coop', 'solo'], messaging: [true, false] } } };

test('an experiment runs every combination, once, and is resumed as one', async () => {
  const scratch = project({ 'cooperbench.config.json': { ...base, experiments } });
  const names = ['e-coop-messaging', 'e-coop-nomessaging', 'e-solo'];
  const planned = await dry(scratch, ['--experiment', 'e']);
  expect((planned.runs as { name: string }[]).map(({ name }) => name)).toEqual(names);
  expect(filesBelow(scratch.root).filter((file) => file.startsWith('logs'))).toEqual([]);
  const args = ['run', '--experiment', 'e'];
  const first = await cooperbench(scratch, args);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('[CooperBench] Starting run: e-solo (run 3 of 3)\n');
  expect(first.stdout.split('\n').slice(-5)).toEqual([
    'Run                 Trials  Individual  Merged  Overall  Messages   Cost  Deficit',
    'e-coop-messaging         1      100.0%  100.0%   100.0%         0  $0.00  0.0% (1 pair)',
    'e-coop-nomessaging       1      100.0%  100.0%   100.0%         0  $0.00  0.0% (1 pair)',
    'e-solo                   1         n/a  100.0%   100.0%         0  $0.00',
    '',
  ]);
  expect(readJson(scratch.logs, 'e-solo/config.json')).toMatchObject({ origin: { experiment: 'e' } });
  rmSync(join(scratch.logs, names[1] ?? '', 'coop'), { recursive: true });
  const second = JSON.parse((await cooperbench(scratch, [...args, '--json'])).stdout);
  expect(second).toMatchObject({ experiment: 'e', total_cost: 0 });
  expect(
    second.runs.map(({ name, exit_code, summary }: Played) => [
      name,
      exit_code,
      summary.skipped,
      summary.pass_rate,
    ]),
  ).toEqual([
    [names[0], 0, 1, 1],
    [names[1], 0, 0, 1],
    [names[2], 0, 1, 1],
  ]);
});

interface Played {
  readonly name: string;
  readonly exit_code: number;
  readonly summary: { readonly skipped: number; readonly pass_rate: number };
}

test('nothing of an experiment is run when one of its runs cannot be planned', async () => {
  const models = { e: { matrix: { agent: ['oracle', 'oracl'] } } };
  const scratch = project({ 'cooperbench.config.json': { ...base, experiments: models } });
  expect(await cooperbench(scratch, ['run', '--experiment', 'e'])).toEqual({
    ...{ code: 2, signal: null, stdout: '' },
    stderr:
      'Error: cooperbench.config.json:15:11: agent: e-oracl: There is no agent "oracl".\nDid you mean "oracle"?\n',
  });
  const refusal = await cooperbench(scratch, ['run', '--experiment', 'e', '-a', 'nop']);
  expect(refusal.stderr).toBe(
    'Error: --agent is given, and the experiment "e" sets it for each run.\nRemove it, or start one of the runs by itself, without --experiment.\n',
  );
  expect(filesBelow(scratch.root).filter((file) => file.startsWith('logs'))).toEqual([]);
});

test('one that is lost at its start leaves the others, and the worst exit code is the experiment’s', async () => {
  const models = { e: { matrix: { model: ['gpt-4o', 'scripted/none.yaml'], setting: ['solo'] } } };
  const scratch = project({
    'cooperbench.config.json': { ...base, agent: 'mini_swe_agent', experiments: models },
  });
  const { code, stderr } = await cooperbench(scratch, ['run', '--experiment', 'e', '--reporter', 'silent']);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^Error: The model "gpt-4o" needs a key, and none is set\.\n.*\nError: .*none\.yaml/,
  );
});

test('an error about a wrong name says where the name came from', async () => {
  const scratch = project({
    'cooperbench.config.yaml': `datasetDir: ${sampleDataset}\nbackend: local\nagent: orcale\n`,
    'seats/cooperbench.config.yaml': `datasetDir: ${sampleDataset}\nbackend: local\nagent: nop\nseats:\n  agentX: { agent: nop }\n`,
  });
  const readOutput = async (args: string[], options?: How): Promise<string> => {
    const { code, stderr } = await cooperbench(scratch, ['run', '--dry-run', ...args], options);
    expect(code).toBe(2);
    return stderr;
  };
  const known = 'There is no agent "orcale".\nDid you mean "oracle"?\n';
  expect(await readOutput([])).toBe(`Error: cooperbench.config.yaml:3:1: agent: ${known}`);
  expect(await readOutput([], { env: { COOPERBENCH_AGENT: 'orcale' } })).toBe(
    `Error: COOPERBENCH_AGENT: ${known}`,
  );
  expect(await readOutput(['-a', 'orcale'])).toBe(`Error: ${known}`);
  expect(await readOutput(['-a', 'nop', '-s', 'smoek'])).toBe(
    `Error: There is no subset "smoek" in ${sampleDataset}/subsets.\nDid you mean "smoke"?\n`,
  );
});

const seats = { agent2: { agent: 'nop' } };

test('what is wrong with one combination names its run, and how to leave it out', async () => {
  const scratch = project({
    'cooperbench.config.json': { ...base, seats, experiments: { e: { matrix: experiments.e.matrix } } },
  });
  const stderr =
    'Error: cooperbench.config.json:11:5: seats.agent2: e-solo: No trial has a seat "agent2".\nKnown: solo.\nOr exclude this run: add {"setting":"solo"} to experiments.e.exclude.\n';
  expect(await cooperbench(scratch, ['run', '--experiment', 'e', '--dry-run'])).toMatchObject({
    code: 2,
    stderr,
  });
  const ending = await cooperbench(scratch, ['config', 'show', '--experiment', 'e']);
  expect(ending).toMatchObject({ code: 2, stderr });
  expect(ending.stdout.split('\n').slice(-5)).toEqual([
    'Runs of e:',
    'e-coop-messaging    setting: coop, messaging: true',
    'e-coop-nomessaging  setting: coop, messaging: false',
    'e-solo              setting: solo',
    '',
  ]);
});

test('an experiment whose runs differ from what is there is not told to take --name', async () => {
  const scratch = project({ 'cooperbench.config.json': { ...base, experiments } });
  const run = (...args: string[]) =>
    cooperbench(scratch, ['run', '--experiment', 'e', '--reporter', 'silent', ...args]);
  expect(await run('--no-auto-eval')).toMatchObject({ code: 0 });
  const { code, stderr } = await run('--max-steps', '7');
  expect(code).toBe(2);
  expect(stderr.split('\n').slice(0, 3)).toEqual([
    `Error: ${scratch.logs}/e-coop-messaging has coop results with other options:`,
    '  max_steps: was 100, is 7',
    'Give the experiment another "name", or run all trials again with --force.',
  ]);
  expect((await run('--no-messaging')).stderr).toBe(
    'Error: --no-messaging is given, and the experiment "e" sets it for each run.\nRemove it, or start one of the runs by itself, without --experiment.\n',
  );
});

test('what is shown is checked as a run would, with or without a dataset', async () => {
  const scratch = project({
    'cooperbench.config.yaml': [
      ...['backend: local', 'agent: oracle', 'logDir: results', 'timeout: 30m'],
      ...['profiles:', '  a: { seats: { agent1: { agent: orcale } } }', '  b: { datasetDir: nowhere }'],
      ...['  c: { backendOptions: { docker: { memoryMiB: "${MEM}" } } }'],
    ].join('\n'),
  });
  const show = (...args: string[]) => cooperbench(scratch, ['config', 'show', ...args]);
  const fine = await show();
  expect(fine).toMatchObject({ code: 0, stderr: '' });
  expect(fine.stdout).toMatch(/^logDir +results +cooperbench\.config\.yaml:3:1$/m);
  expect(await show('--profile', 'a')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('seats.agent1.agent'),
    stderr:
      'Error: cooperbench.config.yaml:6:27: seats.agent1.agent: There is no agent "orcale".\nDid you mean "oracle"?\n',
  });
  expect((await show('--profile', 'b')).stderr).toBe(
    `Error: cooperbench.config.yaml:7:8: datasetDir: There is no dataset directory at ${scratch.root}/nowhere.\nName one with --dataset-dir, download the public one with cooperbench prepare, or install a small one: npm install @cooperbench/sample-dataset, then --dataset-dir node_modules/@cooperbench/sample-dataset.\n`,
  );
  expect((await show('--reporter', 'jsn')).stderr).toBe(
    'Error: There is no reporter "jsn".\nDid you mean "json"?\n',
  );
  expect((await show('--backend-option', 'local.netwrk=true')).stderr).toBe(
    `Error: The options of the backend "local" are not valid:\n  unknown key "netwrk"; did you mean "network"?\nCorrect the options in the configuration or on the command line.\n`,
  );
  const memory = async (MEM: string): Promise<Ending> =>
    cooperbench(scratch, ['config', 'show', '--profile', 'c', '--json'], { env: { MEM } });
  expect(JSON.parse((await memory('2048')).stdout).settings).toContainEqual({
    key: 'backendOptions.docker.memoryMiB',
    value: 2048,
    from: 'cooperbench.config.yaml:8:36',
  });
  const invalid = await memory('much');
  expect(invalid.code).toBe(2);
  expect(JSON.parse(invalid.stdout).error).toEqual({
    code: 'CONFIG_VARIABLE',
    message:
      'cooperbench.config.yaml:8:36: profiles.c.backendOptions.docker.memoryMiB: the variable MEM gives "much", expected a whole number.\nSet MEM to such a value.',
  });
});

// Node resolves and caches modules for each process, so these start their own.
test('what files of a project import has to be installed, but for packages of CooperBench', async () => {
  const scratch = project({
    'cooperbench.config.ts':
      "import { defineConfig } from 'cooperbench';\nexport default defineConfig({ plugins: ['./mine.ts'] });\n",
    'mine.ts': `import { definePlugin } from '@cooperbench/core';
import { policy } from './other.ts';
export default definePlugin({ name: 'mine', apiVersion: 1, mergePolicies: { mine: { create: () => policy } } });\n`,
    'other.ts': `import { mergePolicyContract } from '@cooperbench/testing';
export const policy = { strategy: \`mine\${mergePolicyContract.length}\` };\n`,
  });
  expect(await spawned(scratch, ['list', 'merge-policies'])).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('mine\tmine\n'),
  });
  project({ 'cooperbench.config.ts': "import 'acme';\nexport default {};\n" }, scratch);
  expect((await spawned(scratch, ['config', 'show'])).stderr).toBe(
    `Error: cooperbench.config.ts could not be loaded: Cannot find package 'acme' imported from ${scratch.root}/cooperbench.config.ts\nInstall it in ${scratch.root}: npm install --save-dev acme\n`,
  );
  project({ 'cooperbench.config.ts': 'enum A { B }\nexport default { a: A.B };\n' }, scratch);
  expect((await spawned(scratch, ['config', 'show'])).stderr).toBe(
    'Error: cooperbench.config.ts:1 could not be loaded: TypeScript enum is not supported in strip-only mode\nCorrect the file there.\n',
  );
});

test("a project's evaluator without a version has that of its content, and judges again once it is edited", async () => {
  const evaluator = (
    passed: boolean,
  ): string => `const judge = (submission: any) => ({ submission, evaluation: {
  applyStatus: {}, merge: null, policies: {}, featuresResults: {}, individual: null, merged: null, dropped: [],
  bothPassed: ${passed}, overallSuccess: ${passed}, error: null,
} });
const evaluate = async function* (submissions: any[]) { yield* submissions.map(judge); };
export default { name: 'mine', apiVersion: 1, evaluators: { mine: { create: () => ({ evaluate }) } } };
`;
  const scratch = project({
    'cooperbench.config.yaml': `plugins: [./mine.ts]\nagent: nop\nevaluator: mine\nbackend: local\ndatasetDir: ${datasetDir}\n`,
    'mine.ts': evaluator(false),
  });
  const ask = async (...words: string[]): Promise<unknown> => {
    const { stdout, stderr } = await spawned(scratch, [...words, '--json']);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };
  const version = (): string =>
    `sha256:${createHash('sha256')
      .update(readFileSync(join(scratch.root, 'mine.ts')))
      .digest('hex')
      .slice(0, 12)}`;
  expect(await ask('run', '-n', 'x')).toMatchObject({ eval: { passed: 0, failed: 1 } });
  expect(await ask('eval', '-n', 'x')).toMatchObject({ passed: 0, skipped: 1 });
  writeFileSync(join(scratch.root, 'mine.ts'), evaluator(true));
  expect(await ask('eval', '-n', 'x')).toMatchObject({ passed: 1, skipped: 0 });
  const [file = ''] = filesBelow(scratch.logs).filter((name) => name.endsWith('eval.json'));
  expect(readJson(scratch.logs, file)).toMatchObject({ versions: { mine: version() } });
});

test("a project's own agent in TypeScript needs no installation", async () => {
  const scratch = project({
    'cooperbench.config.json': {
      plugins: ['./agents/golden.ts'],
      agentOptions: { golden: { note: '${NOTE}' } },
      ...base,
      agent: 'golden',
    },
    'agents/golden.ts': `import { readFile } from 'node:fs/promises';
interface Options { note: string }
export default {
  name: 'golden', version: '1.0.0', apiVersion: 1,
  agents: { golden: {
    options: { type: 'object', properties: { note: { type: 'string' } }, additionalProperties: false },
    untrusted: () => false,
    create: ({ note }: Options) => ({
      run: async (_task: string, { features: [id], record }: any) => {
        record({ type: 'log', text: note });
        const patch = await readFile(\`${datasetDir}/shell_task/task1/feature\${id}/feature.patch\`);
        return { status: 'Completed', patch };
      },
    }),
  } },
};`,
  });
  const how = { env: { NOTE: 'from the environment' } };
  const args = ['run', '-n', 'x', '--reporter', 'silent'];
  expect(await cooperbench(scratch, args, how)).toMatchObject({ code: 0, stderr: '' });
  expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({ pass_rate: 1 });
  expect(readJson(scratch.logs, 'x/config.json')).toMatchObject({
    options: { agents: { golden: { note: 'from the environment' } } },
    versions: { golden: '1.0.0' },
  });
  expect((await cooperbench(scratch, args)).stderr).toBe(
    'Error: cooperbench.config.json:7:7: agentOptions.golden.note: the variable NOTE is not set.\nSet NOTE in the environment, or write ${NOTE:-…} to give a default.\n',
  );
});

test('a wrong file stops every command except those that help to correct it', async () => {
  const scratch = project({ 'cooperbench.config.yaml': 'agent: oracle\nmaxcost: 3\n' });
  const stderr = expect.stringContaining('cooperbench.config.yaml:2:1: maxcost: ');
  const refusal = { code: 2, stdout: '', stderr };
  for (const command of ['run', 'list runs', 'clean', 'doctor', 'config show'])
    expect(await cooperbench(scratch, command.split(' '))).toMatchObject(refusal);
  const schema = await cooperbench(scratch, ['config', 'schema']);
  expect(schema).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(schema.stdout).properties.maxCost).toMatchObject({
    type: ['number', 'string'],
    pattern: '\\$\\{',
  });
  expect(await cooperbench(scratch, ['run', '--help'])).toMatchObject({ code: 0, stderr: '' });
  expect((await cooperbench(scratch, ['plugins', 'uninstall', 'none'])).stderr).toBe(
    'Error: none is not installed.\ncooperbench plugins lists what is installed.\n',
  );
});

test("a project's plugin that cannot be used stops only what needs it", async () => {
  const scratch = project({
    'cooperbench.config.json': { plugins: ['./agents/mine.ts', '@lab/none'], ...base },
    'agents/mine.ts': 'throw new Error("no luck");',
  });
  const mine =
    'cooperbench.config.json:3:5: ./agents/mine.ts could not be loaded: no luck\nFix it, or remove it from "plugins".';
  const none = `cooperbench.config.json:4:5: the package @lab/none is not installed.\nInstall it: npm install --save-dev @lab/none, in ${scratch.root}. A path starts with ./ here.`;
  const warnings = `Warning: ${none}\nWarning: ${mine}\n`;
  expect(await cooperbench(scratch, ['run', '--dry-run', '--json'])).toMatchObject({
    code: 0,
    stderr: warnings,
  });
  expect(await cooperbench(scratch, ['run', '--agent', 'laboratory'])).toEqual({
    code: 2,
    signal: null,
    stdout: '',
    stderr: `${warnings}Error: There is no agent "laboratory".\nKnown: acp, aider, claude_code, cli, cline, codex, copilot, gemini_cli, kimi, mini, mini_swe_agent, mini_swe_agent_cli, mini_swe_agent_v2, nop, opencode, openhands, openhands_sdk, oracle, qwen_code, swe_agent.\n@lab/none, which is left out, may provide it: ${none}\n./agents/mine.ts, which is left out, may provide it: ${mine}\n`,
  });
});

test.for([
  { name: 'a configuration file', files: { 'cooperbench.config.json': { baseUrl: 'http://127.0.0.1:1' } } },
  {
    name: 'a profile',
    files: { 'cooperbench.config.json': { profiles: { p: { baseUrl: 'http://127.0.0.1:1' } } } },
  },
  { name: '.env', files: { '.env': 'COOPERBENCH_BASE_URL=http://127.0.0.1:1' } },
  { name: '.env, for a provider', files: { '.env': 'OPENAI_BASE_URL=http://127.0.0.1:1' } },
])('a key of the environment does not go to an address from $name', async ({ name, files }) => {
  const scratch = project({ ...files });
  const args = ['run', '-m', 'gpt-4o', '--backend', 'local', '--dataset-dir', sampleDataset];
  const ending = await cooperbench(scratch, [...args, ...(name === 'a profile' ? ['--profile', 'p'] : [])], {
    env: { OPENAI_API_KEY: 'sk-of-the-user' },
  });
  expect(ending).toMatchObject({ code: 2, stdout: '' });
  expect(ending.stderr).toMatch(
    /^Error: The address http:\/\/127\.0\.0\.1:1 for "gpt-4o" comes from (\.env|a configuration file of the project), so CooperBench does not send OPENAI_API_KEY there\.\n/,
  );
});

describe("a project's code", () => {
  const files = {
    'cooperbench.config.ts': `globalThis.projectRan('configuration');
export default ${JSON.stringify({ ...base, plugins: ['./mine.ts'] })};`,
    'mine.ts': `globalThis.projectRan('plugin'); export default { name: 'mine', apiVersion: 1 };`,
  };
  const ran = async (
    ...words: string[]
  ): Promise<{ code: number | null; stdout: string; what: string[] }> => {
    const subject: string[] = [];
    Object.assign(globalThis, { projectRan: (name: string) => subject.push(name) });
    const { code, stdout } = await cooperbench(project(files), words);
    return { code, stdout, what: subject };
  };

  test.for([
    ...[
      'config schema',
      'help',
      'help run',
      '--help',
      'autocomplete bash',
      'autocomplete bash -- run --agent n',
    ],
    ...['run', 'eval', 'list', 'doctor', 'config show', 'clean', 'plugins', 'prepare'].map(
      (name) => `${name} --help`,
    ),
    ...['run --no-config --dry-run --dataset-dir DATASET', 'config show --no-config'],
    ...['plugins uninstall none', 'report none', 'list agents --no-config', 'plugins --no-config'],
  ])('does not run in cooperbench %s', async (words) => {
    const { what } = await ran(...words.replace('DATASET', sampleDataset).split(' '));
    expect(what).toEqual([]);
  });

  test.for(['config show', 'run --dry-run', 'list agents', 'plugins', 'config schema --project'])(
    'runs in cooperbench %s',
    async (words) => {
      expect(await ran(...words.split(' '))).toMatchObject({ code: 0, what: ['configuration', 'plugin'] });
    },
  );

  test('config schema --project knows the options of the plugins of the project', async () => {
    const mine = `export default { name: 'mine', apiVersion: 1, agents: { mine: { create() {}, options: {
  type: 'object', properties: { style: { type: 'string', description: 'How it writes.' } }, additionalProperties: false } } } };`;
    const scratch = project({ 'cooperbench.config.yaml': 'plugins: [./mine.ts]\n', 'mine.ts': mine });
    const agents = async (...flags: string[]): Promise<Record<string, unknown>> =>
      JSON.parse((await cooperbench(scratch, ['config', 'schema', ...flags])).stdout).definitions.agentOptions
        .properties;
    expect(await agents()).not.toHaveProperty('mine');
    expect((await agents('--project')).mine).toMatchObject({ properties: { style: { type: 'string' } } });
  });

  test('shows no value of a file with --no-config, which cannot be combined with --profile', async () => {
    const { stdout } = await ran('config', 'show', '--no-config', '--json');
    const { files, settings } = JSON.parse(stdout);
    expect(files).toEqual([]);
    expect(settings).toContainEqual({ key: 'agent', value: 'mini_swe_agent', from: 'default' });
    expect(await ran('config', 'show', '--no-config', '--profile', 'x')).toMatchObject({ code: 2, what: [] });
  });
});

test('a reporter of the project shows the run, with its options', async () => {
  const scratch = project({
    'cooperbench.config.yaml': 'plugins: [./mine.mjs]\nreporterOptions: { mine: { prefix: "> " } }\n',
    'mine.mjs': `export default { name: 'mine', apiVersion: 1, reporters: { mine: {
      options: { type: 'object', properties: { prefix: { type: 'string' } } },
      create: ({ prefix }) => ({ open: ({ output }) => ({
        onEvent: ({ type }) => output.write(prefix + type + '\\n'),
        close: () => output.write('closed\\n'),
      }) }),
    } } };`,
  });
  const { code, stdout } = await cooperbench(scratch, [
    ...['run', '-n', 'x', '--backend', 'local', '-a', 'oracle', '-s', 'smoke', '-r', 'recur_task'],
    ...['--no-auto-eval', '--reporter', 'mine', '--dataset-dir', sampleDataset],
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^> run_started\n/m);
  expect(stdout).toMatch(/> run_finished\nclosed\n$/);
});
