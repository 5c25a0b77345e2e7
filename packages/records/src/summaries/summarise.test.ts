import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildEmptyEvaluation, isSummaryCurrent, summarise } from './summarise.ts';

/** Returns a run with trials of these files. */
function runOf(...trials: readonly { readonly result: unknown; readonly verdict: unknown }[]): string {
  const run = mkdtempSync(join(tmpdir(), 'cooperbench-summary-'));
  onTestFinished(() => rmSync(run, { recursive: true }));
  for (const [index, { result, verdict }] of trials.entries()) {
    const folder = join(run, 'coop/x_task', String(index), 'f1_f2');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
    writeFileSync(join(folder, 'eval.json'), JSON.stringify(verdict));
  }
  return run;
}
const kept = { results: new Set<string>(), verdicts: new Set<string>() };
const result = { agents: { agent1: { status: 'Submitted', cost: 1 } }, total_cost: 1 };

test('verdicts of the original, which say nothing of the overall success, do not count in its rate', async () => {
  const run = runOf(
    { result, verdict: { both_passed: true, error: null } },
    { result, verdict: { both_passed: true, overall_success: true, error: null } },
    { result, verdict: { both_passed: false, overall_success: false, error: null } },
  );
  const { evaluation } = await summarise('x', run, kept);
  expect(evaluation).toMatchObject({ passed: 2, failed: 1, overall_passed: 1, overall_rate: 0.5 });
});

test('a file with a value of another type counts for nothing', async () => {
  const run = runOf(
    { result, verdict: { both_passed: 'true', error: null } },
    { result: { ...result, total_cost: '1' }, verdict: { both_passed: true, error: null } },
    { result: { ...result, total_cost: undefined }, verdict: { both_passed: true, error: null } },
  );
  const { run: summary, evaluation } = await summarise('x', run, kept);
  expect(summary).toMatchObject({ total_cost: 1, cost_known: false, completed: 2, failed: 1 });
  // A trial whose result cannot be used is an error, as in reports.
  expect(evaluation).toMatchObject({ total_runs: 2, passed: 1, failed: 0, errors: 1 });
});

test('a rate is the mean over pairs, so a pair counts once however often it ran', async () => {
  const run = mkdtempSync(join(tmpdir(), 'cooperbench-summary-'));
  onTestFinished(() => rmSync(run, { recursive: true }));
  const add = (pair: string, passed: boolean, alone: boolean): void => {
    const folder = join(run, 'coop/x_task/1', pair);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
    const individual = { agent1: { success: alone } };
    const verdict = { both_passed: passed, overall_success: passed, individual, error: null };
    writeFileSync(join(folder, 'eval.json'), JSON.stringify(verdict));
  };
  add('f1_f2', true, true);
  add('f1_f2@2', true, false);
  add('f1_f2@3', true, true);
  add('f1_f3', false, true);
  const { evaluation } = await summarise('x', run, kept);
  // By hand: the pairs pass 3/3 and 0/1, their seats alone 2/3 and 1/1. Pooled trials would be 3/4 and 3/4.
  expect(evaluation).toMatchObject({ passed: 3, failed: 1, pass_rate: 0.5, overall_rate: 0.5 });
  expect(evaluation?.individual_rate).toBeCloseTo(5 / 6, 12);
  expect(evaluation?.by_setting.coop).toMatchObject({ seats: 1, pass_rate: 0.5, pass_rate_with_voids: 0.5 });
});

test('a summary is old when a result or a verdict was written after it', async () => {
  const run = runOf({ result, verdict: { both_passed: true, error: null } });
  writeFileSync(join(run, 'summary.json'), '{}');
  const [, verdict = ''] = ['result.json', 'eval.json'].map((name) => join(run, 'coop/x_task/0/f1_f2', name));
  expect(await isSummaryCurrent(run)).toBe(true);
  const later = Date.now() / 1000 + 60;
  utimesSync(verdict, later, later);
  expect(await isSummaryCurrent(run)).toBe(false);
});

test('a trial of solo without a result.json, as the oldest runs have it, has one seat', async () => {
  const run = mkdtempSync(join(tmpdir(), 'cooperbench-summary-'));
  onTestFinished(() => rmSync(run, { recursive: true }));
  const folder = join(run, 'x_task/task1/features_1_2/solo');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'trajectory.json'), '[]');
  const verdicts = { both_passed: true, error: null };
  writeFileSync(join(folder, 'eval.json'), JSON.stringify(verdicts));
  writeFileSync(join(folder, '..', 'eval.json'), JSON.stringify(verdicts));
  const { evaluation } = await summarise('x', run, kept);
  expect(evaluation?.by_setting.solo).toMatchObject({ judged: 'single', seats: 1 });
});

test('what evaluators spent counts without a verdict', async () => {
  const run = runOf();
  const trial = { trial: 'coop/x_task/1/f1_f2', run_id: '01234567' };
  const line = { time: '2026-01-01T00:00:00.000Z', ...trial, evaluator: 'asks', cost: 2 };
  writeFileSync(join(run, 'ledger.jsonl'), `${JSON.stringify(line)}\n`);
  const { evaluation, spentOnEvaluation } = await summarise('x', run, kept);
  expect(evaluation).toBeNull();
  expect(buildEmptyEvaluation('x', 'union', new Date(0), spentOnEvaluation)).toMatchObject({ cost: 2 });
});
