import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createScratch, type Scratch, sampleDataset } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

/** `run` with oracle on a small dataset of this place. */
function run(scratch: Scratch, ...extraArgs: string[]): string[] {
  const dataset = join(scratch.root, 'dataset');
  if (!existsSync(dataset)) shellDataset(dataset);
  return [
    ...['run', '-a', 'oracle', '-m', 'none', '--backend', 'local'],
    ...['--dataset-dir', dataset, '--log-dir', scratch.logs, ...extraArgs],
  ];
}

describe('--dry-run', () => {
  const plan = [
    'run',
    '-a',
    'oracle',
    '-m',
    'gpt-4o',
    '--backend',
    'local',
    '--dataset-dir',
    sampleDataset,
    '-s',
    'smoke',
    '--dry-run',
  ];

  test('prints the plan and runs nothing', async () => {
    const scratch = createScratch();
    const { code, stdout, stderr } = await cooperbench(scratch, [
      ...plan,
      '--seat',
      'agent2=mini_swe_agent:x/y',
      '--unisolated',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'Error: The model "x/y" does not name a known provider and a model.\nDid you mean "xai"?\n',
    );
    const [first, ...rest] = stdout.split('\n');
    expect(first).toMatch(
      new RegExp(`^coop-oracle-msa-y-local-smoke-[0-9a-f]{6}: 3 trials in ${scratch.logs}/\\S+$`),
    );
    expect(rest).toEqual([
      'coop/recur_task/8/f2_f4  cooperbench-sample/recur:task8',
      '  agent1  feature 2  oracle               local',
      '  agent2  feature 4  mini_swe_agent  x/y  local',
      'coop/text_table_task/14/f2_f5  cooperbench-sample/text-table:task14',
      '  agent1  feature 2  oracle               local',
      '  agent2  feature 5  mini_swe_agent  x/y  local',
      'coop/ttl_cache_task/27/f1_f2  cooperbench-sample/ttl-cache:task27',
      '  agent1  feature 1  oracle               local',
      '  agent2  feature 2  mini_swe_agent  x/y  local',
      'Total: 1 run, 3 trials, 0 done already',
      'Remaining trials cost: at most $9.00 by --max-cost',
      '',
    ]);
    expect(existsSync(scratch.logs)).toBe(false);
  });

  test('with --json is one object', async () => {
    const scratch = createScratch();
    const { stdout } = await cooperbench(scratch, [...plan, '--setting', 'solo', '-f', '2,4', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      name: 'solo-oracle-local-smoke-f2_f4',
      log_dir: join(scratch.logs, 'solo-oracle-local-smoke-f2_f4'),
      setting: 'solo',
      trials: [
        {
          trial: 'solo/recur_task/8/f2_f4',
          done: false,
          image: 'cooperbench-sample/recur:task8',
          seats: [{ seat: 'solo', features: [2, 4], agent: 'oracle', model: null, backend: 'local' }],
        },
      ],
      ...{ images: [], notices: expect.any(Array), problems: [] },
      totals: { runs: 1, trials: 1, done: 0, at_most: 0, unpriced: [], estimate: null },
    });
  });

  test('names every reason why a run would not start, and the models that have no price', async () => {
    const scratch = createScratch();
    const seats = ['--seat', 'agent1=:gpt-4o', '--seat', 'agent2=:hosted_vllm/mine'];
    const baseArgs = ['--backend', 'local', '--unisolated', '--dataset-dir', sampleDataset, '-s', 'smoke'];
    const words = ['run', '--dry-run', ...seats, ...baseArgs, '--json'];
    const plan = async (...extraArgs: string[]) => {
      const { code, stdout } = await cooperbench(scratch, [...words, ...extraArgs]);
      const { problems, totals } = JSON.parse(stdout);
      return { code, problems: problems.map((problem: { code: string }) => problem.code), totals };
    };
    expect(await plan()).toMatchObject({
      code: 2,
      problems: ['MODEL_KEY_MISSING', 'MODEL_BASE_URL_MISSING'],
    });
    const urls = ['--seat-base-url', 'agent2=http://127.0.0.1:1/v1', '--seat', 'agent1=nop'];
    expect(await plan(...urls)).toMatchObject({ code: 2, problems: ['MODEL_SERVER_UNREACHABLE'] });
    expect(existsSync(scratch.logs)).toBe(false);
  });

  test('has no upper bound of the cost without a price, and one by --budget', async () => {
    const scratch = createScratch();
    const baseArgs = ['--backend', 'local', '--unisolated', '--dataset-dir', sampleDataset, '-s', 'smoke'];
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const model = ['-m', 'hosted_vllm/mine', '--base-url', `http://127.0.0.1:${port}/v1`];
    const plan = async (...extraArgs: string[]) => {
      const { code, stdout } = await cooperbench(scratch, [
        'run',
        '--dry-run',
        ...model,
        ...baseArgs,
        ...extraArgs,
      ]);
      return { code, bound: stdout.split('\n').at(-2) };
    };
    expect(await plan()).toEqual({
      code: 0,
      bound: 'Remaining trials cost: no upper bound, because the price of hosted_vllm/mine is not known',
    });
    const price = ['--price', 'hosted_vllm/mine=1,2'];
    expect(await plan(...price)).toEqual({
      code: 0,
      bound: 'Remaining trials cost: at most $18.00 by --max-cost',
    });
    expect(await plan(...price, '--budget', '2', '-c', '1')).toEqual({
      code: 0,
      bound: 'Remaining trials cost: at most $8.00 by --max-cost and --budget',
    });
  });

  test('counts the phases that a setting has at most, which its cost limit holds for together', async () => {
    const scratch = createScratch();
    const total = async (...setting: string[]) => {
      const model = ['-m', 'gpt-4o', '--backend', 'local', '--unisolated', '--max-cost', '1'];
      const baseArgs = ['--dataset-dir', sampleDataset, '-s', 'smoke'];
      const how = { env: { OPENAI_API_KEY: 'sk-of-nobody' } };
      const words = ['run', '--dry-run', ...model, ...baseArgs, '--setting', ...setting];
      const { stdout } = await cooperbench(scratch, words, how);
      return stdout.split('\n').slice(-3, -1);
    };
    const cost = 'Remaining trials cost: at most $6.00 by --max-cost';
    expect(await total('coop')).toEqual(['Total: 1 run, 3 trials, 0 done already', cost]);
    expect(await total('plan_execute')).toEqual([
      'Total: 1 run, 3 trials of at most 2 phases, 0 done already',
      cost,
    ]);
    expect(await total('review', '--setting-option', 'review.rounds=3')).toEqual([
      'Total: 1 run, 3 trials of at most 7 phases, 0 done already',
      cost,
    ]);
  });

  test('says what is done already, and estimates the cost from earlier trials of the same agents and models', async () => {
    const scratch = createScratch();
    const seats = (model: string, cost_known = true) =>
      Object.fromEntries(
        ['agent1', 'agent2'].map((seat) => [
          seat,
          { status: 'Completed', agent_framework: 'mini_swe_agent', model, cost_known },
        ]),
      );
    const earlier = (run: string, trial: string, agents: object, total_cost: number) => {
      const folder = join(scratch.logs, run, 'coop', trial);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'result.json'), JSON.stringify({ setting: 'coop', agents, total_cost }));
    };
    earlier('old', 'recur_task/8/f1_f2', seats('gpt-4o'), 1);
    earlier('old', 'recur_task/8/f1_f3', seats('gpt-4o'), 2);
    earlier('old', 'recur_task/8/f1_f4', seats('gpt-4o', false), 0);
    earlier('other', 'recur_task/8/f1_f2', seats('gpt-5'), 100);
    earlier('now', 'recur_task/8/f2_f4', seats('gpt-4o'), 3);
    const words = ['run', '-n', 'now', '-m', 'gpt-4o', '-s', 'smoke', '--max-cost', '1', '--dry-run'];
    const baseArgs = ['--backend', 'local', '--unisolated', '--dataset-dir', sampleDataset];
    const how = { env: { OPENAI_API_KEY: 'sk-of-nobody' } };
    const { stdout } = await cooperbench(scratch, [...words, ...baseArgs], how);
    expect(stdout.split('\n').slice(-4)).toEqual([
      'Total: 1 run, 3 trials, 1 done already',
      'Remaining trials cost: at most $4.00 by --max-cost',
      'Estimate: $4.00, from 3 earlier trials of the same agents and models',
      '',
    ]);
    const forced = await cooperbench(scratch, [...words, ...baseArgs, '--force', '--json'], how);
    expect(JSON.parse(forced.stdout).totals).toEqual({
      ...{ runs: 1, trials: 3, done: 0, at_most: 6, unpriced: [] },
      estimate: { cost: 6, earlier_trials: 3 },
    });
  });

  test('two different experiments never share a name', async () => {
    const scratch = createScratch();
    writeFileSync(join(scratch.root, 'one.yaml'), 'limits: { steps: 1 }\n');
    writeFileSync(join(scratch.root, 'two.yaml'), 'limits: { steps: 2 }\n');
    const differences = [
      '',
      '--setting solo',
      '--git',
      '--no-messaging',
      '--git --no-messaging',
      '-a nop',
      '-a mini_swe_agent',
      '-a mini_swe_agent -m gpt-4',
      '-a mini_swe_agent -m openai/gpt-5',
      '-r recur_task',
      '-r text_table_task',
      '-t 8',
      '-t 14',
      '-f 1,2',
      '-f 1,3',
      '-f 1,2,3',
      '-s demo',
      '--max-cost 1',
      '--max-steps 7',
      '--max-steps 8',
      '--timeout 30m',
      '--timeout 31m',
      '--base-url http://127.0.0.1:1',
      '--agent-config one.yaml',
      '--agent-config two.yaml',
      '--seat agent1=nop',
      '--seat agent2=nop',
      '--seat agent2=:gpt-4',
      '--seat-base-url agent2=http://127.0.0.1:1',
      '--seat-agent-config agent2=one.yaml',
      '-a mini_swe_agent --price gpt-4o=1,2',
    ];
    const [first = [], second = []] = [0, 1].map((rest) =>
      differences.filter((_, index) => index % 2 === rest),
    );
    const names = async (list: readonly string[]): Promise<string[]> => {
      const matches: string[] = [];
      for (const difference of list) {
        const { stdout, stderr } = await cooperbench(
          scratch,
          [
            ...[
              'run',
              '-a',
              'oracle',
              '-m',
              'gpt-4o',
              '--backend',
              'local',
              '--dataset-dir',
              sampleDataset,
              '--dry-run',
              '--json',
            ],
          ]
            .filter((word, index, all) => !overridden(difference, word, all[index - 1]))
            .concat(difference.split(' ').filter(Boolean)),
        );
        expect(stderr).toBe('');
        matches.push((JSON.parse(stdout) as { name: string }).name);
      }
      return matches;
    };
    const matches = (await Promise.all([names(first), names(second)])).flat();
    expect(matches).toHaveLength(differences.length);
    expect(matches.filter((name, index) => matches.indexOf(name) !== index)).toEqual([]);
    for (const name of matches) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]+$/);
  });
});

/** Returns a flag that another one of the same name replaces. */
function overridden(difference: string, word: string, before: string | undefined): boolean {
  return ['-a', '-m'].some(
    (flag) => difference.split(' ').includes(flag) && (word === flag || before === flag),
  );
}

describe('what a run tells', () => {
  test('as --json: one object each from run, eval and list', async () => {
    const scratch = createScratch();
    const json = async (args: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await cooperbench(scratch, [...args, '--json']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return JSON.parse(stdout);
    };
    const places = ['--dataset-dir', join(scratch.root, 'dataset'), '--log-dir', scratch.logs];
    const summary = await json(run(scratch, '-n', 'x'));
    expect(summary).toEqual(readJson(scratch.logs, 'x/summary.json'));
    expect(summary).toMatchObject({
      run_name: 'x',
      pass_rate: 1,
      results: [{ task: 'coop/shell_task/1/f1_f2' }],
    });
    const evaluation = await json(['eval', '-n', 'x', ...places]);
    expect(evaluation).toEqual(readJson(scratch.logs, 'x/eval_summary.json'));
    expect(evaluation).toMatchObject({ passed: 1, skipped: 1 });
    expect(await json(['list', 'runs', ...places])).toMatchObject([{ name: 'x' }]);
    expect(await json(['list', 'tasks', ...places])).toEqual([
      { repo: 'shell_task', task_id: 1, features: '1,2', pairs: 1 },
    ]);
    expect(await json(['list', 'agents'])).toContainEqual({ name: 'oracle', plugin: '@cooperbench/core' });
    expect(await json(['list', 'backends'])).toEqual([
      { name: 'docker', plugin: '@cooperbench/backend-docker' },
      { name: 'gcp', plugin: '@cooperbench/backend-gcp' },
      { name: 'local', plugin: '@cooperbench/backend-local' },
      { name: 'modal', plugin: '@cooperbench/backend-modal' },
    ]);
    expect(await json(['list', 'subsets', '--dataset-dir', sampleDataset])).toMatchObject([
      { name: 'demo', pairs: 4 },
      { name: 'smoke', pairs: 3 },
    ]);
  });

  test('with --reporter json: one event per line, the same that events.jsonl keeps', async () => {
    const scratch = createScratch();
    const { code, stdout, stderr } = await cooperbench(
      scratch,
      run(scratch, '-n', 'x', '--reporter', 'json'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { time: string; type: string; trial?: string });
    expect(
      events.map(({ type }) => type).filter((type) => /^(run|trial|evaluation)_|verdict/.test(type)),
    ).toEqual([
      'run_started',
      'trial_started',
      'trial_finished',
      'evaluation_started',
      'verdict',
      'evaluation_finished',
      'run_finished',
    ]);
    for (const { time } of events) expect(new Date(time).toISOString()).toBe(time);
  });

  test('with --reporter silent: nothing', async () => {
    const scratch = createScratch();
    expect(await cooperbench(scratch, run(scratch, '--reporter', 'silent'))).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
  });

  test('to a reader that has gone away does not stop it', async () => {
    const scratch = createScratch();
    const { start } = await import('./cli.test.support.ts');
    const running = start(scratch, run(scratch, '-n', 'x'));
    await running.line((line) => line.includes('Starting'));
    running.child.stdout?.destroy();
    await new Promise((resolve) => running.child.once('exit', resolve));
    running.ended.catch(() => {});
    expect(running.child.exitCode).toBe(0);
    expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({ completed: 1, pass_rate: 1 });
  });
});

describe('a repeated run', () => {
  test('says what was done already, keeps it, and refuses other settings', async () => {
    const scratch = createScratch();
    await cooperbench(scratch, run(scratch, '-n', 'x'));
    const { run_id } = readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json');
    const { code, stdout } = await cooperbench(scratch, run(scratch, '-n', 'x'));
    expect(code).toBe(0);
    expect(stdout).toContain('Found 1 trial (1 already done)');
    expect(stdout).toContain('Evaluating x: 1 trial (1 already evaluated)');
    expect(stdout).toContain('1 (1 completed, 1 already done)');
    expect(readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json').run_id).toBe(run_id);
    expect(
      await cooperbench(
        scratch,
        run(scratch, '-n', 'x', '--max-steps', '5', '--git', '--reporter', 'silent'),
      ),
    ).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: ${scratch.logs}/x has coop results with other options:\n  max_steps: was 100, is 5\n  channels: was the setting's own, is ["git","messages"]\nGive this run another name, or run everything again with --force.\n`,
    });
    expect((await cooperbench(scratch, run(scratch, '-n', 'x', '--git', '--force'))).code).toBe(0);
    expect(readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json').run_id).not.toBe(run_id);
  });
});

describe('--fail-under', () => {
  test('exits 3 below the pass rate, from run and eval, and 0 at it', async () => {
    const scratch = createScratch();
    const nop = (...extraArgs: string[]): string[] =>
      run(scratch, '-n', 'none', ...extraArgs).map((word) => (word === 'oracle' ? 'nop' : word));
    const places = ['--dataset-dir', join(scratch.root, 'dataset'), '--log-dir', scratch.logs];
    const code = async (args: string[]): Promise<number | null> => (await cooperbench(scratch, args)).code;
    expect(await code(run(scratch, '-n', 'all', '--fail-under', '100'))).toBe(0);
    expect(await code(nop('--fail-under', '0'))).toBe(0);
    expect(await code(nop('--fail-under', '0.5'))).toBe(3);
    expect(await code(['eval', '-n', 'none', '--fail-under', '50', ...places])).toBe(3);
    expect(await code(['eval', '-n', 'all', '--fail-under', '50', ...places])).toBe(0);
  });
});

describe('settings', () => {
  test('come from the flag, else the environment, else .env, else the default', async () => {
    const scratch = createScratch();
    const plan = async (args: string[], env: Record<string, string> = {}): Promise<string> => {
      const common = ['run', '--backend', 'local', '--dataset-dir', sampleDataset, '--dry-run', '--json'];
      const { stdout } = await cooperbench(scratch, [...common, ...args], { env });
      return (JSON.parse(stdout) as { name: string }).name;
    };
    expect(await plan([])).toBe('coop-msa-gemini-3-flash-local');
    writeFileSync(join(scratch.root, '.env'), 'COOPERBENCH_MODEL=openai/from-file\nCOOPERBENCH_GIT=true\n');
    expect(await plan([])).toBe('coop-msa-git-from-file-local');
    const environment = { COOPERBENCH_MODEL: 'gpt-4o' };
    expect(await plan([], environment)).toBe('coop-msa-git-gpt-4o-local');
    expect(await plan(['-m', 'gpt-5'], environment)).toBe('coop-msa-git-gpt-5-local');
    expect(await plan(['-a', 'oracle'], environment)).toBe('coop-oracle-git-local');
  });
});
