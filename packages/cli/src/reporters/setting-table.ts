import type { EvaluationSummary, RunSummary } from '@cooperbench/core';
import { percent, totalCost } from '../terminal/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { type TableOptions, table } from '../terminal/table.ts';
import { coordinationDeficits, deficitLine } from './coordination-deficit.ts';

const head = ['Setting', 'Trials', 'Individual', 'Merged', 'Overall', 'Lost', 'Eval errors', 'Cost'];

/** A table that compares the settings of a run, and the coordination deficits. Empty: the run has only one setting. */
export function settingTable(
  runs: RunSummary['by_setting'] = {},
  evaluation: EvaluationSummary | null,
  options: Pick<TableOptions, 'columns' | 'indent'> & { readonly paint: Paint },
): string[] {
  const evaluations = evaluation?.by_setting ?? {};
  const settings = [...new Set([...Object.keys(runs), ...Object.keys(evaluations)])].sort();
  if (settings.length < 2) return [];
  const rows = settings.map((setting) => {
    const run = runs[setting];
    const evaluation = evaluations[setting];
    return [
      setting,
      String(run?.total_tasks ?? evaluation?.total_runs ?? 0),
      percent(evaluation?.individual_rate),
      percent(evaluation?.pass_rate),
      percent(evaluation?.overall_rate),
      String(run?.failed ?? ''),
      String(evaluation?.errors ?? ''),
      run ? totalCost(run) : '',
    ];
  });
  return [
    ...table(rows, { ...options, head, right: [1, 2, 3, 4, 5, 6, 7] }),
    ...coordinationDeficits(evaluation?.results ?? []).map(
      (deficit) => `${options.indent}${deficitLine(deficit)}`,
    ),
  ];
}
