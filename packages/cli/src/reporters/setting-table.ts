import type { EvaluationSummary, RunSummary } from '@cooperbench/core';
import { displayWidth } from './display-width.ts';
import { money, rate } from './format.ts';
import { safeText } from './safe-text.ts';

/** The settings beside each other, which is what the benchmark is about. Empty when there is only one. */
export function settingTable(
  runs: RunSummary['by_setting'] = {},
  evaluations: EvaluationSummary['by_setting'] = {},
): string[] {
  const settings = [...new Set([...Object.keys(runs), ...Object.keys(evaluations)])].sort();
  if (settings.length < 2) return [];
  const rows = settings.map((setting) => {
    const run = runs[setting];
    const evaluation = evaluations[setting];
    return [
      safeText(setting),
      String(run?.total_tasks ?? evaluation?.total_runs ?? 0),
      rate(evaluation?.individual_rate),
      rate(evaluation?.pass_rate),
      rate(evaluation?.overall_rate),
      String(run?.failed ?? ''),
      String(evaluation?.errors ?? ''),
      run ? money(run.total_cost) : '',
    ];
  });
  const heads = ['Setting', 'Trials', 'Individual', 'Merged', 'Overall', 'Lost', 'Eval errors', 'Cost'];
  // A column that only a run has stays away from an evaluation.
  const shown = heads.map((_, column) => rows.some((row) => row[column] !== ''));
  const table = [heads, ...rows].map((row) => row.filter((_, column) => shown[column]));
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => displayWidth(row[column]!))));
  return table.map((row) =>
    row
      .map((cell, column) => {
        const padding = ' '.repeat(widths[column]! - displayWidth(cell));
        return column === 0 ? cell + padding : padding + cell;
      })
      .join('  '),
  );
}
