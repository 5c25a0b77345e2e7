import type { Row, TableOptions } from '@cooperbench/command';
import {
  count,
  formatDuration,
  formatMetricHead,
  formatMetricText,
  formatMoney,
  listDistinctMetrics,
  totalCost,
} from '@cooperbench/command/figures';
import { buildFactors } from '../report/factors.ts';
import { causes } from '../trials/cause.ts';
import type { Run } from '../trials/read-run.ts';
import { findCost, type Trial } from '../trials/trial.ts';

const order: readonly Trial['verdict'][] = ['failed', 'error', 'none', 'passed'];
const words = {
  failed: ['yellow', 'failed'],
  error: ['red', 'error'],
  none: 'not evaluated',
  passed: ['green', 'passed'],
} as const;

/** Returns whether a terminal of so many columns has room for all columns of a table. `columns` is undefined without a terminal. */
export function hasRoom(columns: number | undefined): boolean {
  return columns === undefined || columns >= 120;
}

/**
 * Returns the rows of the table, one for each trial of a run with failures first, and its options. `columns` is the width of
 * the terminal. If it is absent, there is room for everything.
 */
export function buildTrialTable(
  trials: readonly Trial[],
  columns?: number,
): [rows: Row[], options: TableOptions] {
  const metrics = listDistinctMetrics(trials);
  const head = [
    ...['Trial', 'Verdict', 'Individual', 'Merge', 'Messages', 'Cost', 'Time'],
    ...[...metrics.map(formatMetricHead), 'Why'],
  ];
  const sorted = trials.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const rows = sorted.map((trial) => buildRow(trial, metrics));
  const right = [4, 5, 6, ...metrics.map((_, index) => 7 + index)];
  if (hasRoom(columns)) return [rows, { head, right }];
  const keptColumns = ['Trial', 'Verdict', 'Cost', 'Why'];
  const narrow = (row: Row): Row => row.filter((_, index) => keptColumns.includes(head[index] ?? ''));
  return [rows.map(narrow), { head: keptColumns, right: [2] }];
}

/** Counts the trials by verdict: `9 trials: 4 failed, 1 error, 4 passed`. The line stays visible below a long table. */
export function tally(trials: readonly Trial[]): string {
  const counts = order.flatMap((verdict) => {
    const matchCount = trials.filter((trial) => trial.verdict === verdict).length;
    const word = verdict === 'none' ? 'not evaluated' : verdict;
    return matchCount === 0 ? [] : [verdict === 'error' ? count(matchCount, word) : `${matchCount} ${word}`];
  });
  return `${count(trials.length, 'trial')}: ${counts.join(', ')}`;
}

/** Finds a line such as `Attempts that left no result: $6.00`. Returns undefined if nothing was spent on such attempts. */
export function findDiscardedLine({ discarded_costs }: Pick<Run, 'discarded_costs'>): string | undefined {
  const costs = Object.values(discarded_costs);
  if (costs.length === 0) return undefined;
  const total_cost = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  return `Attempts that left no result: ${totalCost({ total_cost, cost_known: !costs.includes(null) })}`;
}

/** Formats a line such as `Faults of coop: messages.drop=0.2` for each setting whose channels had faults. */
export function formatFaultLines({ config }: Pick<Run, 'config'>): string[] {
  return Object.keys(config?.settings ?? {}).flatMap((setting) => {
    const { channel_faults: faults = 'none' } = buildFactors(setting, [], config);
    return faults === 'none' ? [] : [`Faults of ${setting}: ${faults}`];
  });
}

function buildRow(trial: Trial, metrics: Trial['metrics']): Row {
  const { id, verdict, individual, merge, seats, talk, seconds, cause } = trial;
  const individualVerdicts = Object.values(individual);
  return [
    id,
    words[verdict],
    individualVerdicts.length > 0
      ? `${individualVerdicts.filter((individualVerdict) => individualVerdict).length}/${individualVerdicts.length}`
      : '',
    merge ? mergeText(merge) : '',
    seats.length > 1 ? String(talk.messages ?? 'not recorded') : '',
    formatMoney(findCost(trial)),
    seconds === null ? 'not recorded' : formatDuration(seconds),
    ...metrics.map(({ name }) =>
      formatMetricText(trial.metrics.find((metric) => metric.name === name)?.value),
    ),
    cause ? causes[cause.name] : '',
  ];
}

/** Describes a merge: `clean`, `conflicts, union` or `conflicts`. */
export function mergeText({ status, strategy }: NonNullable<Trial['merge']>): string {
  return strategy && strategy !== 'naive' ? `${status}, ${strategy}` : String(status);
}
