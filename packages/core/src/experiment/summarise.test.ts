import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { summarise } from './summarise.ts';

/** A run with trials of these files. */
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
  expect(evaluation).toMatchObject({ total_runs: 2, passed: 2, failed: 0 });
});
