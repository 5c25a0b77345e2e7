import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendContract, busContract, evaluatorContract, mergePolicyContract } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { createScratch, type Scratch, sampleDataset, start } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';

const noRedis = 'redis://:secret@127.0.0.1:1';

interface Check {
  readonly what: string;
  readonly status: string;
  readonly text: string;
  readonly hint?: string;
}

async function look(
  scratch: Scratch,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; ok: boolean; checks: Check[]; text: string }> {
  const { code, stdout } = await cooperbench(scratch, ['doctor', '--json', ...args], { env });
  return { code, text: stdout, ...(JSON.parse(stdout) as { ok: boolean; checks: Check[] }) };
}

const readOutput = (checks: readonly Check[], subject: string): string[] =>
  checks.filter((check) => check.what === subject).map(({ status, text }) => `${status}: ${text}`);

/** On a machine without bubblewrap and Docker, only agents that run no command of a model can work. */
const noDocker = { DOCKER_HOST: 'tcp://127.0.0.1:1' };
const noBackend = {
  what: 'backend',
  status: 'problem',
  text: "No backend is ready to run a model's commands.",
  hint: 'Do what one of the warnings above says. The demo and the agents oracle and nop need none: --backend local runs them.',
};

describe('doctor', () => {
  test('says what is installed, what each package provides, and where things are', async () => {
    const scratch = createScratch();
    const { code, ok, checks } = await look(scratch, ['--dataset-dir', sampleDataset], noDocker);
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(checks.filter(({ status }) => status === 'problem')).toEqual([noBackend]);
    expect(readOutput(checks, 'node')).toEqual([`ok: ${process.version}`]);
    expect(readOutput(checks, 'git')[0]).toMatch(/^ok: \d+\.\d+/);
    expect(readOutput(checks, 'logs')).toEqual([`ok: ${scratch.logs} is writable`]);
    expect(readOutput(checks, 'dataset')).toEqual([`ok: 3 tasks, 22 pairs in ${sampleDataset}`]);
    expect(readOutput(checks, 'package')).toContain('ok: @cooperbench/backend-local 0.0.0: backend local');
    expect(readOutput(checks, 'bus')).toEqual(['ok: memory']);
    expect(readOutput(checks, 'backend')).toContain(
      'warning: modal: There are no credentials for Modal: neither MODAL_TOKEN_ID and MODAL_TOKEN_SECRET nor ~/.modal.toml has a token.',
    );
  });

  test('prints a line a check, below it what to do, and the sum', async () => {
    const scratch = createScratch();
    const { code, stdout } = await cooperbench(scratch, ['doctor'], { env: noDocker });
    expect(code).toBe(1);
    const lines = stdout.split('\n');
    expect(lines).toContain(`warning  dataset  There is no dataset directory at ${scratch.root}/dataset.`);
    expect(lines).toContain(
      '                  Name one with --dataset-dir, download the public one with cooperbench prepare, or install a small one: npm install @cooperbench/sample-dataset, then --dataset-dir node_modules/@cooperbench/sample-dataset.',
    );
    expect(lines.at(-2)).toMatch(/^Problems: 1\. Warnings: \d+\.$/);
  });

  test('names the variables with keys that are set, and never a value', async () => {
    const env = { OPENAI_API_KEY: 'sk-hidden', GEMINI_API_KEY: ' ', ANTHROPIC_API_KEY: 'also-hidden' };
    const { checks, text } = await look(createScratch(), [], env);
    expect(readOutput(checks, 'keys')).toEqual(['ok: ANTHROPIC_API_KEY, OPENAI_API_KEY set']);
    expect(text).not.toMatch(/hidden/);
  });

  test('a Redis that is named and does not answer is a problem, without its password: exit 1', async () => {
    const { code, ok, checks, text } = await look(createScratch(), [], { REDIS_URL: noRedis });
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(checks.filter(({ what }) => what === 'bus').at(-1)).toEqual({
      what: 'bus',
      status: 'problem',
      text: 'Redis cannot be reached at redis://127.0.0.1:1/0: ECONNREFUSED',
      hint: 'Start it, correct --redis or REDIS_URL, or leave them out: messages then go through memory.',
    });
    expect(text).not.toMatch(/secret/);
  });

  test('a folder for results that cannot be made is a problem', async () => {
    const scratch = createScratch();
    const file = join(scratch.root, 'file');
    writeFileSync(file, '');
    const { code, checks } = await look(scratch, ['--log-dir', join(file, 'logs')]);
    expect(code).toBe(1);
    expect(readOutput(checks, 'logs')).toEqual([
      `problem: Results cannot be written to ${file}/logs: ${file} is not a directory.`,
    ]);
  });

  test('git that is missing is a problem, and the broken tasks of a dataset are warnings', async () => {
    const scratch = createScratch();
    const dataset = join(scratch.root, 'dataset');
    mkdirSync(join(dataset, 'a_task/task1'), { recursive: true });
    const { code, checks } = await look(scratch, ['--dataset-dir', dataset], { PATH: scratch.tmp });
    expect(code).toBe(1);
    expect(readOutput(checks, 'git')).toEqual(['problem: git is not on PATH.']);
    expect(readOutput(checks, 'dataset')).toEqual([
      `warning: a_task/task1 is left out: ${dataset}/a_task/task1: it has no feature<N> folder`,
    ]);
  });

  test('doctor names a backend that does not answer, and the reason', async () => {
    const { checks } = await look(createScratch(), [], { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    expect(readOutput(checks, 'backend')[0]).toMatch(/^warning: docker: .*127\.0\.0\.1:1/);
  });
});

describe('doctor with a backend or a bus', () => {
  // What docs/guide/troubleshooting.md runs keeps every promise. This backend breaks most, in no time.
  test('runs every case, one line each, says why a promise is broken or does not apply, and exits 1', async () => {
    const scratch = createScratch();
    const core = new URL('../../../core/dist/index.js', import.meta.url).href;
    writeFileSync(
      join(scratch.root, 'backend.mjs'),
      `import { ConfigError } from '${core}';
const nothing = async () => { throw new Error('nothing starts'); };
const sandbox = { exec: nothing, readFile: nothing, writeFile: nothing, async [Symbol.asyncDispose]() {} };
const backend = {
  create: async () => sandbox,
  async preflight({ untrusted }) { if (untrusted) throw new ConfigError('UNISOLATED', 'It isolates nothing.'); },
};
export default () => ({ name: 'idle', version: '1.0.0', apiVersion: 1, backends: { idle: { create: () => backend } } });`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [./backend.mjs]\n');
    const { code, stdout } = await cooperbench(scratch, ['doctor', '--backend', 'idle']);
    expect(code).toBe(1);
    const lines = [...stdout.matchAll(/^([✓✗-]) (.+?)(?: {2}\d+ ms)?$/gm)];
    expect(lines.map(([, , name]) => name)).toEqual(backendContract.map(({ name }) => name));
    const count = (expected: string): number => lines.filter(([, sign]) => sign === expected).length;
    const inapplicable = backendContract.filter(({ needs }) => needs !== undefined && needs !== 'task');
    expect([count('✓') > 0, count('-')]).toEqual([true, inapplicable.length]);
    expect(stdout).toMatch(/^✗ an exit code is a result {2}\d+ ms\n {4}nothing starts$/m);
    expect(stdout).toContain(
      '- golden patches and hidden tests are out of reach\n    this backend does not isolate sandboxes on this machine\n',
    );
    expect(stdout).toContain(
      `\nidle: ${count('✓')} promises kept, ${count('✗')} broken, ${count('-')} not applicable.\n`,
    );
  });

  test('with --json gives every case with what became of it', async () => {
    const { code, stdout } = await cooperbench(createScratch(), ['doctor', '--bus', 'memory', '--json']);
    expect(code).toBe(0);
    const { ok, bus } = JSON.parse(stdout);
    expect({ ok, name: bus.name }).toEqual({ ok: true, name: 'memory' });
    expect(bus.cases).toEqual(
      busContract.map(({ name }) => ({ name, status: 'kept', ms: expect.any(Number) })),
    );
  });

  test('also of an evaluator and of a merge policy', async () => {
    const scratch = createScratch();
    // Errs in every case that evaluates, in no time.
    writeFileSync(
      join(scratch.root, 'judge.mjs'),
      `export default () => ({ name: 'judge', version: '1.0.0', apiVersion: 1,
  evaluators: { judge: { create: () => ({ async *evaluate() {} }) } },
  mergePolicies: { judge: { create: () => ({ strategy: 'Not a name', onConflict: 'exit 1' }) } } });`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [./judge.mjs]\n');
    const args = ['doctor', '--evaluator', 'judge', '--merge-policy', 'judge', '--json'];
    const { code, stdout } = await cooperbench(scratch, args);
    expect(code).toBe(1);
    const { evaluator, mergePolicy } = JSON.parse(stdout);
    expect(evaluator.cases).toHaveLength(evaluatorContract.length);
    expect(evaluator.cases[0]).toMatchObject({ status: 'broken' });
    expect(evaluator.cases[1]).toMatchObject({ status: 'kept' });
    expect(mergePolicy.cases.map(({ status }: { status: string }) => status)).toEqual(
      mergePolicyContract.map((_, index) => (index === 0 ? 'broken' : 'kept')),
    );
  });

  test('one that cannot be used at all is a configuration error', async () => {
    expect(
      await cooperbench(createScratch(), ['doctor', '--bus', 'redis', '--redis', noRedis]),
    ).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'Error: Redis cannot be reached at redis://127.0.0.1:1/0: ECONNREFUSED\nStart it, correct --redis or REDIS_URL, or leave them out: messages then go through memory.\n',
    });
    expect(await cooperbench(createScratch(), ['doctor', '--backend', 'dokcer'])).toMatchObject({
      code: 2,
      stderr: 'Error: There is no backend "dokcer".\nDid you mean "docker"?\n',
    });
  });

  test('an interruption ends it at once and leaves nothing', async () => {
    const scratch = createScratch();
    const running = start(scratch, ['doctor', '--backend', 'local']);
    await running.line((line) => line.startsWith('✓'));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: 'Error: Interrupted.\n' });
    await expectNothingLeft(scratch);
  });
});

test.for(['create', 'preflight'])(
  'an interruption ends doctor when a backend hangs in %s',
  async (method) => {
    const scratch = createScratch();
    const hangs = `async ${method}() { console.error('asked'); setInterval(() => {}, 1000); return new Promise(() => {}); }`;
    writeFileSync(
      join(scratch.root, 'acme.mjs'),
      `export default { name: 'acme', apiVersion: 1, backends: { acme: { create: () => ({ create() {}, ${hangs} }) } } };`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify({ plugins: ['./acme.mjs'] }));
    const { child, ended } = start(scratch, ['doctor', '--backend', 'acme']);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    expect(await ended).toMatchObject({ code: 130, stderr: 'asked\nError: Interrupted.\n' });
  },
);

describe('doctor with an agent', () => {
  /** Returns an agent whose software is a program with its own name, in /opt. */
  const agent = (scratch: Scratch): void => {
    const layer = `{
      key: 'tool-' + (options.version ?? 1),
      install: ':',
      check: 'command -v ' + (options.command ?? 'no-such-tool') + ' || { echo "no tool" >&2; exit 1; }',
    }`;
    writeFileSync(
      join(scratch.root, 'agent.mjs'),
      `export default () => ({ name: 'toolbox', version: '1.2.3', apiVersion: 1, agents: { toolbox: {
        keys: ['TOOLBOX_KEY', 'OPENAI_API_KEY'],
        layers: (options) => [${layer}],
        create: () => ({
          run: async () => ({ status: 'Completed' }),
          preflight: async ({ model }) => {
            if (model === 'wrong') throw new Error('it knows no wrong');
            return ['Requests go nowhere.'];
          },
        }),
      } } });`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [./agent.mjs]\n');
  };
  const unisolated = ['--backend', 'local', '--backend-option', 'local.isolation=none'];
  const asked = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const scratch = createScratch();
    agent(scratch);
    const { code, checks } = await look(scratch, ['--agent', 'toolbox', ...args], env);
    return { code, checks: checks.map(({ what, status, text }) => `${status} ${what}: ${text}`) };
  };

  test('says where it comes from, which of its keys are set, and what was not checked', async () => {
    const env = { TOOLBOX_KEY: 'hidden' };
    expect(await asked(['--agent-option', 'toolbox.version=2'], env)).toEqual({
      code: 0,
      checks: [
        'ok agent: toolbox comes with toolbox 1.2.3',
        'ok keys: TOOLBOX_KEY set',
        'warning software: tool-2 was not checked',
      ],
    });
  });

  test('tries its software in a sandbox of the backend, and asks it about the model', async () => {
    const args = ['-m', 'any', ...unisolated, '--agent-option', 'toolbox.command=sh'];
    const { code, checks } = await asked(args);
    expect(code).toBe(0);
    expect(checks.slice(1)).toEqual([
      'warning keys: No key for its models is set.',
      'ok model: toolbox can use any\nRequests go nowhere.',
      expect.stringMatching(/^ok software: tool-1 works in a sandbox of local: \/.*sh$/),
    ]);
  });

  test('software that is missing and a model that the agent refuses are problems: exit 1', async () => {
    const { code, checks } = await asked(['-m', 'wrong', ...unisolated]);
    expect(code).toBe(1);
    expect(checks.slice(2)).toEqual([
      'problem model: The agent "toolbox" of plugin toolbox failed in preflight: it knows no wrong',
      'problem software: local: The sandbox lacks tool-1, which the agent needs: no tool',
    ]);
  });
});

describe('clean --all-hosts', () => {
  test.for([
    [
      ['--all-hosts'],
      'Error: --all-hosts requires --older-than: a live run of another host may own the sandboxes.\nFor example --all-hosts --older-than 2h. Choose longer than any run takes.\n',
    ],
    [
      ['--older-than', '2h'],
      "Error: --older-than applies to other hosts' sandboxes and requires --all-hosts.\nWithout --all-hosts, clean removes everything that dead runs of this host left, whatever its age.\n",
    ],
  ] as const)('%j is refused', async ([args, stderr]) => {
    expect(await cooperbench(createScratch(), ['clean', ...args])).toMatchObject({
      code: 2,
      stdout: '',
      stderr,
    });
  });

  test('is nothing to the local backend', async () => {
    const args = ['clean', '--backend', 'local', '--all-hosts', '--older-than', '2h'];
    expect(await cooperbench(createScratch(), args)).toMatchObject({
      code: 0,
      stdout: 'Nothing was left.\n',
    });
  });
});
