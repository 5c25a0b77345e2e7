import { join } from 'node:path';
import type { RunSummary } from '@cooperbench/core';
import { readJson, runNames } from '@cooperbench/core/host';

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

/** Reads the summaries of all runs. Returns a row for each setting of each run. */
export async function runRows(logsDir: string): Promise<RunRow[]> {
  const names = await runNames(logsDir);
  return (await Promise.all(names.map((name) => rowsOf(logsDir, name)))).flat();
}

async function rowsOf(logsDir: string, name: string): Promise<RunRow[]> {
  const file = await readJson<Partial<RunSummary>>(join(logsDir, name, 'summary.json'));
  const {
    by_setting: settings = {},
    eval: evaluation,
    completed_at: ended,
  } = file.state === 'read' ? file.value : {};
  const age = ended === undefined ? null : Math.max(0, (Date.now() - Date.parse(ended)) / 1000);
  const none = { setting: '', trials: null, individual: null, passed: null, overall: null, cost: null };
  if (Object.keys(settings).length === 0) return [{ name, ...none, age }];
  return Object.entries(settings).map(([setting, summary]) => {
    const rates = evaluation?.by_setting?.[setting];
    return {
      name,
      setting,
      trials: summary.total_tasks,
      individual: rates?.individual_rate ?? null,
      passed: rates?.pass_rate ?? null,
      overall: rates?.overall_rate ?? null,
      cost: summary.cost_known === false ? null : summary.total_cost,
      age,
    };
  });
}
