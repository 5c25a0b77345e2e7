import type { EvaluationSummary, RunSummary } from '@cooperbench/records';
import { formatPercent, totalCost } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { type TableOptions, table } from '../terminal/table.ts';
import { formatDeficitLine, listCoordinationDeficits } from './coordination-deficit.ts';

/**
 * Formats a table that compares the settings of a run, and the coordination deficits. Returns an empty value if the run has
 * only one setting.
 */
export function formatSettingTable(
  run: RunSummary | undefined,
  evaluation: EvaluationSummary | null,
  options: Pick<TableOptions, 'columns' | 'indent'> & { readonly paint: Paint },
): string[] {
  const evaluations = evaluation?.by_setting ?? {};
  const runs = run?.by_setting ?? {};
  const settings = [...new Set([...Object.keys(runs), ...Object.keys(evaluations)])].sort();
  if (settings.length < 2) return [];
  const errors = run && Map.groupBy(findEvaluationErrors(run), ({ task }) => task.split('/')[0]);
  // Without the summary of the run, nothing says which trials were lost before their evaluation.
  const errorsTitle = run ? 'Eval errors' : 'Errors';
  const head = ['Setting', 'Trials', 'Individual', 'Merged', 'Overall', 'Lost', errorsTitle, 'Cost'];
  const rows = settings.map((setting) => {
    const trials = runs[setting];
    const verdicts = evaluations[setting];
    return [
      setting,
      String(trials?.total_tasks ?? verdicts?.total_runs ?? 0),
      formatPercent(verdicts?.individual_rate),
      formatPercent(verdicts?.pass_rate),
      formatPercent(verdicts?.overall_rate),
      String(trials?.failed ?? ''),
      verdicts ? String(errors ? (errors.get(setting)?.length ?? 0) : verdicts.errors) : '',
      trials ? totalCost(trials) : '',
    ];
  });
  return [
    ...table(rows, { ...options, head, right: [1, 2, 3, 4, 5, 6, 7] }),
    ...(evaluation ? listCoordinationDeficits(evaluation) : []).map(
      (deficit) => `${options.indent}${formatDeficitLine(deficit)}`,
    ),
  ];
}

/** Finds the trials whose evaluation failed. Leaves out lost trials, because their loss is reported already. */
export function findEvaluationErrors({ results }: Pick<RunSummary, 'results'>): RunSummary['results'] {
  return results.filter(
    (result) => result.eval === 'error' && !['Error', 'Cancelled'].includes(result.status),
  );
}
