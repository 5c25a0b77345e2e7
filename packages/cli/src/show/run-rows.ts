import { join } from 'node:path';
import type { RunSummary } from '@cooperbench/core';
import { readRecord, runNames, summaryShape } from '@cooperbench/core/host';

/** One setting of a run in a log directory. */
export type RunRow = {
  readonly name: string;
  /** Empty: the run has no summary yet, and most fields below are null. */
  readonly setting: string;
  readonly trials: number | null;
  readonly individual: number | null;
  readonly passed: number | null;
  readonly overall: number | null;
  /** The cost in USD. Null: a price is not known. */
  readonly cost: number | null;
  /** Seconds since the run's last command ended. */
  readonly age: number | null;
};

/**
 * Reads the summaries of all runs. Returns a row for each setting of each run. Calls `onBroken` for each summary that
 * cannot be used.
 */
export async function runRows(
  logsDir: string,
  onBroken: (path: string, reason: string) => void,
): Promise<RunRow[]> {
  const names = await runNames(logsDir);
  return (await Promise.all(names.map((name) => rowsOf(logsDir, name, onBroken)))).flat();
}

async function rowsOf(
  logsDir: string,
  name: string,
  onBroken: (path: string, reason: string) => void,
): Promise<RunRow[]> {
  const path = join(logsDir, name, 'summary.json');
  const file = await readRecord<Partial<RunSummary>>(path, summaryShape);
  if (file.state === 'broken' || file.state === 'unusable') onBroken(path, file.reason);
  const {
    by_setting: settings,
    eval: evaluation,
    completed_at: ended,
  } = file.state === 'read' ? file.value : {};
  const seconds = (Date.now() - Date.parse(ended ?? '')) / 1000;
  const age = Number.isNaN(seconds) ? null : Math.max(0, seconds);
  const none = { setting: '', trials: null, individual: null, passed: null, overall: null, cost: null };
  const rows = Object.entries(settings ?? {}).map(([setting, summary]) => {
    const rates = evaluation?.by_setting?.[setting];
    return {
      name,
      setting,
      trials: summary.total_tasks,
      individual: rates?.individual_rate ?? null,
      passed: rates?.pass_rate ?? null,
      overall: rates?.overall_rate ?? null,
      cost: summary.cost_known === false ? null : (summary.total_cost ?? null),
      age,
    };
  });
  return rows.length > 0 ? rows : [{ name, ...none, age }];
}
