import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cooperbench, createScratch, type Ending, type Scratch, sampleDataset } from './cli.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('bubblewrap');

const evaluate = (scratch: Scratch, ...extraArgs: string[]): Promise<Ending> =>
  cooperbench(scratch, [
    ...[
      'eval',
      '-n',
      'py',
      '--backend',
      'local',
      '--dataset-dir',
      sampleDataset,
      '--log-dir',
      scratch.logs,
      ...extraArgs,
    ],
  ]);

/** Writes a golden patch as the original's adapters do: with Python's `str.strip()`. */
function writePatch(path: string, repo: string, task: number, feature: number): void {
  const golden = join(sampleDataset, repo, `task${task}`, `feature${feature}`, 'feature.patch');
  writeFileSync(path, readFileSync(golden, 'utf8').trim());
}

/** Returns a trial's files as the Python original writes them, below a run's folder. */
function pythonTrial(folder: string, repo: string, task: number, [first, second]: [number, number]): string {
  const trial = join(folder, repo, String(task), `f${first}_f${second}`);
  mkdirSync(trial, { recursive: true });
  for (const id of [first, second]) {
    writePatch(join(trial, `agent${id}.patch`), repo, task, id);
    writeFileSync(join(trial, `agent${id}_traj.json`), JSON.stringify({ messages: [] }));
  }
  const seat = (id: number): object => ({
    feature_id: id,
    status: 'Submitted',
    cost: 0.1,
    steps: 4,
    patch_lines: 9,
    error: null,
  });
  writeFileSync(
    join(trial, 'result.json'),
    JSON.stringify({
      repo,
      task_id: task,
      features: [first, second],
      setting: 'coop',
      run_id: '01234567',
      run_name: 'py',
      agent_framework: 'mini_swe_agent',
      model: 'vertex_ai/gemini-3-flash-preview',
      started_at: '2026-01-01T00:00:00',
      ended_at: '2026-01-01T00:01:00',
      duration_seconds: 60.0,
      agents: { agent1: seat(first), agent2: seat(second) },
      total_cost: 0.2,
      total_steps: 8,
      messages_sent: 0,
      log_dir: trial,
    }),
  );
  return trial;
}

/** Returns the oldest form. */
function oldestTrial(folder: string, repo: string, task: number, [first, second]: [number, number]): string {
  const trial = join(folder, repo, `task${task}`, `features_${first}_${second}`);
  for (const [index, id] of [first, second].entries()) {
    const seat = join(trial, `agent${index + 1}`);
    mkdirSync(seat, { recursive: true });
    writePatch(join(seat, 'patch.diff'), repo, task, id);
    writeFileSync(join(seat, 'trajectory.json'), JSON.stringify([{ role: 'agent_message', content: 'hi' }]));
  }
  return trial;
}

const expectedVerdicts = readJson<
  Record<
    string,
    {
      readonly merge: string;
      readonly strategy: string;
      readonly feature_passed: object;
      readonly strict: boolean;
      readonly both_passed: boolean;
    }
  >
>(sampleDataset, 'expected-verdicts.json');

interface Verdict {
  readonly merge: { readonly status: string; readonly strategy: string | null };
  readonly features_results: Readonly<Record<string, { readonly passed: boolean }>>;
  readonly individual: object;
  readonly policies: { readonly strict: boolean };
}

type Pair = [repo: string, task: number, features: [number, number]];

/** Makes a pair's trial in a run's folder, by form of the original's. */
const make = {
  'with the <setting>/ folder': (run: string, ...pair: Pair) => pythonTrial(join(run, 'coop'), ...pair),
  'without the <setting>/ folder': pythonTrial,
  'with a folder an agent': oldestTrial,
};

/** A pair in each form, and what the sample dataset's golden patches of that pair come to. */
const forms: readonly (readonly [form: keyof typeof make, pair: Pair, merge: string, passed: boolean])[] = [
  ['with the <setting>/ folder', ['ttl_cache_task', 27, [1, 2]], 'clean', true],
  ['without the <setting>/ folder', ['recur_task', 8, [2, 3]], 'conflicts', false],
  ['with a folder an agent', ['text_table_task', 14, [2, 3]], 'conflicts', true],
];

describe(`a run of the Python original is evaluated${reason}`, () => {
  test.for(forms)('%s', async ([form, pair, merge, passed]) => {
    const scratch = createScratch();
    const trial = make[form](join(scratch.logs, 'py'), ...pair);
    const before = filesBelow(trial);
    const { code, stderr, stdout } = await evaluate(scratch);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Evaluating py: 1 trial, backend local, merge policy union');
    expect(readJson(trial, 'eval.json')).toMatchObject({
      setting: 'coop',
      apply_status: { agent1: 'applied', agent2: 'applied' },
      merge: { status: merge, strategy: merge === 'clean' ? 'naive' : 'union', policy: 'union' },
      policies: { strict: merge === 'clean' && passed, union: passed },
      individual: { agent1: { success: true }, agent2: { success: true } },
      both_passed: passed,
      overall_success: passed,
      error: null,
      inputs_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(filesBelow(trial)).toEqual([...before, 'eval.json'].sort());
    expect(readJson(scratch.logs, 'py/eval_summary.json')).toMatchObject({
      total_runs: 1,
      passed: passed ? 1 : 0,
      errors: 0,
    });
    expect(readJson(scratch.logs, 'py/eval_summary.json').pass_rate).toBe(passed ? 1 : 0);
    await expectNothingLeft(scratch);
  });

  test("an eval.json of the original's own is kept, unless --force", async () => {
    const scratch = createScratch();
    const trial = pythonTrial(join(scratch.logs, 'py/coop'), 'ttl_cache_task', 27, [1, 2]);
    const own = JSON.stringify({
      merge: { status: 'clean', strategy: 'naive' },
      both_passed: false,
      error: null,
    });
    writeFileSync(join(trial, 'eval.json'), own);
    const kept = await evaluate(scratch);
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    expect(kept.stdout).toContain('1 trial (1 already evaluated)');
    expect(readFileSync(join(trial, 'eval.json'), 'utf8')).toBe(own);
    expect(readJson(scratch.logs, 'py/eval_summary.json')).toMatchObject({
      failed: 1,
      skipped: 1,
      pass_rate: 0,
    });

    expect((await evaluate(scratch, '--force')).code).toBe(0);
    expect(readJson(trial, 'eval.json').both_passed).toBe(true);
    const ending = await evaluate(scratch);
    expect(ending.stdout).toContain('1 trial (1 already evaluated)');

    // result.json knows that the patch had lines.
    writeFileSync(join(trial, 'agent2.patch'), '');
    const emptied = await evaluate(scratch);
    expect(emptied.code).toBe(1);
    expect(emptied.stdout).not.toContain('already evaluated');
    expect(readJson(trial, 'eval.json')).toMatchObject({
      error: expect.stringContaining(join(trial, 'agent2.patch')),
      both_passed: false,
    });
  });

  // Forms alternate, so that each has pairs of every task.
  test('in one directory of all forms, every sample pair gets the verdict of its whole patches', async () => {
    const scratch = createScratch();
    const all = Object.keys(make) as (keyof typeof make)[];
    const trials = Object.keys(expectedVerdicts).map((pair, index) => {
      const [, repo = '', task, one, other] = /^(.*)\/(\d+)\/f(\d+)_f(\d+)$/.exec(pair) ?? [];
      const features: [number, number] = [Number(one), Number(other)];
      const form = all[index % all.length] as keyof typeof make;
      return [pair, make[form](join(scratch.logs, 'py'), repo, Number(task), features)] as const;
    });
    const ending = await evaluate(scratch, '--json');
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const passing = Object.values(expectedVerdicts).filter(({ both_passed }) => both_passed).length;
    expect(JSON.parse(ending.stdout)).toMatchObject({
      ...{ run_name: 'py', total_runs: trials.length, passed: passing, failed: trials.length - passing },
      results: Object.entries(expectedVerdicts)
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([pair, { both_passed }]) => ({
          run: `coop/${pair}`,
          status: both_passed ? 'passed' : 'failed',
        })),
    });
    for (const [pair, trial] of trials) {
      const { merge, features_results, individual, policies } = readJson<Verdict>(trial, 'eval.json');
      const expected = expectedVerdicts[pair];
      const features = Object.entries(features_results);
      expect(
        {
          ...{ merge: merge.status, strategy: merge.strategy, strict: policies.strict },
          feature_passed: Object.fromEntries(features.map(([id, { passed }]) => [id, passed])),
        },
        pair,
      ).toEqual({
        ...{ merge: expected?.merge, strategy: expected?.strategy, strict: expected?.strict },
        feature_passed: expected?.feature_passed,
      });
      expect(individual, pair).toMatchObject({ agent1: { success: true }, agent2: { success: true } });
    }
  });
});
