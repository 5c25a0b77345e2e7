import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingFlags } from '@cooperbench/command';
import { noConfiguration, type ParsedCommand } from '@cooperbench/command/config';
import { table } from '@cooperbench/command/reporters';
import { seatFlags } from '@cooperbench/command/settings';
import { ConfigError } from '@cooperbench/core';
import type { RunSummary } from '@cooperbench/records';
import type { PlannedTrial, RunOutcome } from '@cooperbench/runs';
import { findRefusal } from '@cooperbench/testing';
import { expect, onTestFinished, test } from 'vitest';
import { findWorstExitCode } from '../base/exit-code.ts';
import { withBaselines } from './baselines.ts';
import type { ExperimentRun } from './experiments.ts';
import { refuseVaried } from './refuse-varied.ts';
import { remainingWork, runExperiment } from './run-experiment.ts';
import { buildExperimentTable } from './table.ts';

const seatsOf = (...models: string[]) =>
  models.map((model, index) => ({ seat: `agent${index + 1}`, agent: 'a', model, backend: 'local' }));

const planned = (...names: string[]) =>
  names.map((name) => ({
    name,
    varied: { git: true, seats: { agent2: { model: 'm' } } },
    seats: seatsOf('m', 'm'),
    configuration: noConfiguration,
    options: { runName: name },
    spent: async () => 0,
  }));

const settings = (setting: string, pass_rate: number): RunSummary['by_setting'] => ({
  [setting]: { messages_sent: 3, pass_rate } as RunSummary['by_setting'][string],
});

const verdicts = (
  setting: string,
  statuses: readonly ('passed' | 'failed' | 'error')[],
): RunSummary['eval'] => ({
  ...(outcome('', {}).summary.eval as NonNullable<RunSummary['eval']>),
  by_setting: {
    [setting]: { judged: setting === 'solo' ? 'single' : 'merge', seats: setting === 'solo' ? 1 : 2 },
  } as NonNullable<RunSummary['eval']>['by_setting'],
  results: statuses.map((status, pair) => ({ run: `${setting}/r/1/f1_f${pair + 2}`, status })),
});

const outcome = (name: string, summary: Partial<RunSummary>, stopped?: Error): RunOutcome => ({
  ...{ name, runDir: `/logs/${name}`, stopped },
  summary: {
    total_tasks: 2,
    failed: 0,
    total_cost: 1.5,
    pass_rate: 0.5,
    by_setting: settings('coop', 0.5),
    results: [],
    eval: { passed: 1, errors: 0, pass_rate: 0.5, individual_rate: 0.75, overall_rate: 0.5, results: [] },
    ...summary,
  } as RunSummary,
});

test('a run that cannot be run, or stops early, does not keep the others from it', async () => {
  const lines: string[] = [];
  const result = await runExperiment(
    planned('a', 'b', 'c', 'd'),
    60,
    async ({ runName = '' }) => {
      if (runName === 'b') throw new ConfigError('MODEL_KEY_MISSING', 'No key.', { hint: 'Set it.' });
      if (runName === 'c')
        return outcome('c', { failed: 1, by_setting: {}, eval: null }, new Error('No credit.'));
      return outcome(runName, runName === 'a' ? { by_setting: settings('coop', 1) } : {});
    },
    ({ message }) => lines.push(message),
  );
  expect(lines).toEqual(['No key.', 'No credit.']);
  expect(result.total_cost).toBe(4.5);
  expect(result.runs.map(({ name, exit_code, error }) => [name, exit_code, error?.code])).toEqual([
    ['a', 0, undefined],
    ['b', 2, 'MODEL_KEY_MISSING'],
    ['c', 1, 'UNEXPECTED'],
    ['d', 3, undefined],
  ]);
  const [rows, options] = buildExperimentTable(result.runs);
  expect(table(rows, { ...options, paint: (_, text) => text })).toEqual([
    'Run  Trials  Individual  Merged  Overall  Messages   Cost  Problem',
    'a         2       75.0%   50.0%    50.0%         3  $1.50',
    'b       n/a         n/a     n/a      n/a       n/a    n/a  not run: MODEL_KEY_MISSING',
    'c         2         n/a     n/a      n/a         0  $1.50  stopped early: UNEXPECTED',
    'd         2       75.0%   50.0%    50.0%         3  $1.50',
  ]);
});

test('an experiment of solo runs alone says passed: nothing is merged', () => {
  const evaluation = {
    passed: 1,
    errors: 0,
    pass_rate: 0.5,
    individual_rate: null,
    overall_rate: 0.5,
    results: [],
  };
  const { summary } = outcome('a', { eval: evaluation as unknown as RunSummary['eval'] });
  const run = { name: 'a', varied: {}, seats: [], baselines: [], summary, exit_code: 0 };
  const [, { head }] = buildExperimentTable([run]);
  expect(head).toContain('Passed');
  expect(head).not.toContain('Merged');
});

test('a lost trial counts once, even if its evaluation failed, too', () => {
  const evaluation = { passed: 0, errors: 2, pass_rate: null, individual_rate: null, results: [] };
  const results = ['Error', 'Completed'].map((status, index) => ({
    ...{ task: `coop/a/${index}/f1_f2`, status, cost: 0, cost_known: true, eval: 'error' as const },
  }));
  const { summary } = outcome('a', { failed: 1, results, eval: evaluation as unknown as RunSummary['eval'] });
  const run = { name: 'a', varied: {}, seats: [], baselines: [], summary, exit_code: 1 };
  const [[row]] = buildExperimentTable([run]);
  expect(row?.at(-1)).toBe('1 lost, 1 evaluation error');
});

test('each condition is compared with its own baseline, on the pairs that both judged', async () => {
  const parts: string[] = [];
  const conditions = planned('coop-x', 'solo-x', 'coop-y', 'solo-y').map((run) => {
    const [setting = '', model = ''] = run.name.split('-');
    const varied = setting === 'coop' ? { model, setting, git: true } : { model, setting };
    return { ...run, varied, seats: setting === 'coop' ? seatsOf(model, model) : seatsOf(model) };
  });
  const judged: Record<string, RunSummary['eval']> = {
    'coop-x': verdicts('coop', ['passed', 'failed', 'failed']),
    'solo-x': verdicts('solo', ['passed', 'passed', 'error']),
    'coop-y': verdicts('coop', ['passed']),
    'solo-y': verdicts('solo', ['failed']),
  };
  const result = await runExperiment(
    conditions,
    undefined,
    async ({ runName = '' }, part) => {
      parts.push(part);
      const setting = runName.slice(0, 4);
      return outcome(runName, { by_setting: settings(setting, 0.5), eval: judged[runName] ?? null });
    },
    () => expect.fail('nothing to complain of'),
  );
  expect(parts).toEqual(['run 1 of 4', 'run 2 of 4', 'run 3 of 4', 'run 4 of 4']);
  expect(result.runs.map(({ baselines }) => baselines)).toEqual([
    [{ run: 'solo-x', model: 'x', pairs: 2, passed: 1, passed_by_baseline: 2, deficit: 0.5 }],
    [],
    [{ run: 'solo-y', model: 'y', pairs: 1, passed: 1, passed_by_baseline: 0, deficit: null }],
    [],
  ]);
  const [rows, options] = buildExperimentTable(result.runs);
  expect(table(rows, { ...options, paint: (_, text) => text }).map((line) => line.trimEnd())).toEqual([
    'Run     Trials  Individual  Merged  Overall  Messages   Cost  Deficit',
    'coop-x       2       75.0%   50.0%    50.0%         3  $1.50  50.0% (2 pairs)',
    'solo-x       2       75.0%   50.0%    50.0%         3  $1.50',
    'coop-y       2       75.0%   50.0%    50.0%         3  $1.50  n/a (1 pair)',
    'solo-y       2       75.0%   50.0%    50.0%         3  $1.50',
  ]);
});

test('a pair of different models is compared with each of them alone, and the table names both', async () => {
  const run = (name: string, setting: string, models: string[], ...statuses: ('passed' | 'failed')[]) => ({
    ...{ name, varied: { setting, seats: {} }, seats: seatsOf(...models), baselines: [], exit_code: 0 },
    summary: outcome(name, {
      by_setting: settings(setting, 0.5),
      eval: verdicts(setting, statuses),
    }).summary,
  });
  const runs = withBaselines([
    run('xy', 'coop', ['x', 'y'], 'passed', 'failed'),
    run('solo-x', 'solo', ['x'], 'passed', 'passed'),
    run('solo-y', 'solo', ['y'], 'passed', 'failed'),
    run('solo-z', 'solo', ['z'], 'passed', 'passed'),
  ]);
  const [rows, options] = buildExperimentTable(runs);
  expect(table(rows, { ...options, paint: (_, text) => text }).map((line) => line.trimEnd())).toEqual([
    'Run     Models              Trials  Individual  Merged  Overall  Messages   Cost  Deficit',
    'xy      agent1 x, agent2 y       2       75.0%   50.0%    50.0%         3  $1.50  50.0% to x (2 pairs), 0.0% to y (2 pairs)',
    'solo-x  x                        2       75.0%   50.0%    50.0%         3  $1.50',
    'solo-y  y                        2       75.0%   50.0%    50.0%         3  $1.50',
    'solo-z  z                        2       75.0%   50.0%    50.0%         3  $1.50',
  ]);
});

test('an interrupted experiment says what is left of all its runs', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-experiment-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const plan = (name: string, statuses: readonly (string | undefined)[]) => {
    const runDir = join(root, name);
    const trials = statuses.map((status, index) => {
      const id = `coop/r/1/f1_f${index + 2}`;
      if (status !== undefined) {
        mkdirSync(join(runDir, id), { recursive: true });
        writeFileSync(join(runDir, id, 'result.json'), JSON.stringify({ agents: { agent1: { status } } }));
      }
      return { id } as PlannedTrial;
    });
    return { runDir, trials };
  };
  const plans = [
    plan('a', ['Completed', 'LimitsExceeded']),
    plan('b', ['Completed', 'Error', 'Cancelled', undefined]),
    plan('c', [undefined]),
  ];
  expect(await remainingWork('e', plans)).toBe(
    'The experiment e has 1 of 3 runs finished. Trials left: 4. Repeat the command to resume.',
  );
});

test('the worst exit code is 2, then 1, then 3', () => {
  expect([[0, 3, 1, 2], [3, 1], [0, 3], [0], []].map(findWorstExitCode)).toEqual([2, 1, 3, 0, 0]);
});

test('a budget is the whole experiment’s, and an interruption ends all', async () => {
  const budgets: unknown[] = [];
  const interrupted = runExperiment(
    planned('a', 'b', 'c', 'd').map((run) => ({ ...run, options: { ...run.options, budgetUsd: 2 } })),
    undefined,
    async ({ budgetUsd, spentUsd, runName = '' }) => {
      budgets.push([budgetUsd, spentUsd]);
      if (runName === 'c') throw new DOMException('stop', 'AbortError');
      return outcome(runName, {});
    },
    () => expect.fail('nothing to complain of'),
  );
  await expect(interrupted).rejects.toThrow('stop');
  expect(budgets).toEqual([
    [2, 0],
    [2, 1.5],
    [2, 3],
  ]);
});

test('a flag or a variable for what an experiment varies is refused', async () => {
  const runs: ExperimentRun[] = planned('a');
  const flags = { ...settingFlags('run'), ...seatFlags };
  const unset = { setFromDefault: true };
  const parsed = (metadata: object, typed: Record<string, unknown> = {}): ParsedCommand => ({
    ...{
      flags: typed,
      metadata: { flags: metadata } as ParsedCommand['metadata'],
      configuration: noConfiguration,
    },
    dotEnv: [],
    raw: Object.keys(typed).map((flag) => ({ type: 'flag', flag, input: '' })),
  });
  const given = (...how: Parameters<typeof parsed>) =>
    findRefusal(() => refuseVaried('e', runs, flags, parsed(...how)));
  expect(() => refuseVaried('e', runs, flags, parsed({ git: unset, name: unset }))).not.toThrow();
  expect(await given({ name: unset }, { git: true })).toEqual({
    code: 'EXPERIMENT_FLAG',
    message: '--git is given, and the experiment "e" sets it for each run.',
    hint: 'Remove it, or start one of the runs by itself, without --experiment.',
  });
  expect((await given({ name: unset }, { git: false })).message).toBe(
    '--no-git is given, and the experiment "e" sets it for each run.',
  );
  expect((await given({ name: unset, git: unset }, { seat: ['agent1=nop'] })).message).toBe(
    '--seat is given, and the experiment "e" sets it for each run.',
  );
  expect((await given({ git: unset })).message).toBe(
    'COOPERBENCH_NAME is set, and the experiment "e" sets it for each run.',
  );
});
