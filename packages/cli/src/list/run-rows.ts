import { join } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import {
  checkRunFolder,
  isSummaryCurrent,
  type RunSummary,
  readRecord,
  runNames,
  summarise,
  summaryShape,
} from '@cooperbench/records';

/** One setting of a run in a log directory. */
export type RunRow = {
  readonly name: string;
  /** It is empty if the run has no trials, and most fields below are null. */
  readonly setting: string;
  readonly trials: number | null;
  readonly individual: number | null;
  readonly passed: number | null;
  readonly overall: number | null;
  /** The cost in USD. It is null if a price is not known. */
  readonly cost: number | null;
  /** Seconds since the run's last command ended. */
  readonly age: number | null;
};

/**
 * Reads the summaries of all runs. Returns a row for each setting of each run. Calls `onBroken` for each file or folder that
 * cannot be used.
 */
export async function runRows(logsDir: string, onBroken: OnBroken): Promise<RunRow[]> {
  const rows: RunRow[] = [];
  for (const name of await runNames(logsDir))
    rows.push(...(await buildRows(join(logsDir, name), name, onBroken)));
  return rows;
}

/** Gets what cannot be used, and why, as one text. */
type OnBroken = (problem: string) => void;

async function buildRows(runDir: string, name: string, onBroken: OnBroken): Promise<RunRow[]> {
  const path = join(runDir, 'summary.json');
  const file = await readRecord<Partial<RunSummary>>(path, summaryShape);
  if (file.state === 'broken' || file.state === 'unusable') onBroken(`${path} is left out: ${file.reason}`);
  const summary = file.state === 'read' ? file.value : {};
  const isUsable = summary.by_setting !== undefined && (await isSummaryCurrent(runDir));
  const { by_setting: settings, eval: evaluation } = isUsable
    ? summary
    : await countTrials(runDir, name, onBroken);
  const seconds = (Date.now() - Date.parse(summary.completed_at ?? '')) / 1000;
  const age = Number.isNaN(seconds) ? null : Math.max(0, seconds);
  const emptyRow = { setting: '', trials: null, individual: null, passed: null, overall: null, cost: null };
  const rows = Object.entries(settings ?? {}).map(([setting, counts]) => {
    const rates = evaluation?.by_setting?.[setting];
    return {
      name,
      setting,
      trials: counts.total_tasks,
      individual: rates?.individual_rate ?? null,
      passed: rates?.pass_rate ?? null,
      overall: rates?.overall_rate ?? null,
      cost: counts.cost_known === false ? null : (counts.total_cost ?? null),
      age,
    };
  });
  return rows.length > 0 ? rows : [{ name, ...emptyRow, age }];
}

/** Counts the trials of a run without usable counts: the Python original has none by setting, and a killed command wrote none. */
async function countTrials(runDir: string, name: string, onBroken: OnBroken): Promise<Partial<RunSummary>> {
  try {
    await checkRunFolder(runDir);
    return (await summarise(name, runDir, { onBroken })).run;
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    onBroken(`${runDir} is left out: ${getMessage(error)}`);
    return {};
  }
}
