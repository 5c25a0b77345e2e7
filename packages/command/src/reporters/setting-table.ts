import type { EvaluationSummary, RunSummary } from '@cooperbench/records';
import { percent, totalCost } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { type TableOptions, table } from '../terminal/table.ts';
import { coordinationDeficits, deficitLine } from './coordination-deficit.ts';

/** A table that compares the settings of a run, and the coordination deficits. Empty: the run has only one setting. */
export function settingTable(
  run: RunSummary | undefined,
  evaluation: EvaluationSummary | null,
  options: Pick<TableOptions, 'columns' | 'indent'> & { readonly paint: Paint },
): string[] {
  const evaluations = evaluation?.by_setting ?? {};
  const runs = run?.by_setting ?? {};
  const settings = [...new Set([...Object.keys(runs), ...Object.keys(evaluations)])].sort();
  if (settings.length < 2) return [];
  const errors = run && Map.groupBy(evaluationErrors(run), ({ task }) => task.split('/')[0]);
  // Without the summary of the run, nothing says which trials were lost before their evaluation.
  const errorsTitle = run ? 'Eval errors' : 'Errors';
  const head = ['Setting', 'Trials', 'Individual', 'Merged', 'Overall', 'Lost', errorsTitle, 'Cost'];
  const rows = settings.map((setting) => {
    const trials = runs[setting];
    const verdicts = evaluations[setting];
    return [
      setting,
      String(trials?.total_tasks ?? verdicts?.total_runs ?? 0),
      percent(verdicts?.individual_rate),
      percent(verdicts?.pass_rate),
      percent(verdicts?.overall_rate),
      String(trials?.failed ?? ''),
      verdicts ? String(errors ? (errors.get(setting)?.length ?? 0) : verdicts.errors) : '',
      trials ? totalCost(trials) : '',
    ];
  });
  return [
    ...table(rows, { ...options, head, right: [1, 2, 3, 4, 5, 6, 7] }),
    ...(evaluation ? coordinationDeficits(evaluation) : []).map(
      (deficit) => `${options.indent}${deficitLine(deficit)}`,
    ),
  ];
}

/** The trials whose evaluation failed. Leaves out lost trials, because their loss is reported already. */
export function evaluationErrors({ results }: Pick<RunSummary, 'results'>): RunSummary['results'] {
  return results.filter(
    (result) => result.eval === 'error' && !['Error', 'Cancelled'].includes(result.status),
  );
}
