import type { Row, TableOptions } from '@cooperbench/command';
import { count, formatPercent, totalCost } from '@cooperbench/command/figures';
import { findEvaluationErrors } from '@cooperbench/command/reporters';
import type { RunResult } from './experiment-result.ts';

/** Returns the rows of the table, one for each run of an experiment, and its options. */
export function buildExperimentTable(runs: readonly RunResult[]): [rows: Row[], options: TableOptions] {
  const rates = ['Individual', isSolo(runs) ? 'Passed' : 'Merged', 'Overall'];
  const head = ['Run', 'Models', 'Trials', ...rates, 'Messages', 'Cost', 'Deficit', 'Problem'];
  const isMixed = runs.some(({ seats }) => new Set(seats.map(({ model }) => model)).size > 1);
  const rows = runs.map((run) => buildRow(run, isMixed ? getModels(run) : ''));
  return [rows, { head, right: [2, 3, 4, 5, 6, 7] }];
}

/** Returns whether no seat was tested alone. Then nothing was merged either. */
function isSolo(runs: readonly RunResult[]): boolean {
  const rated = runs.filter(({ summary }) => typeof summary?.eval?.pass_rate === 'number');
  return rated.length > 0 && rated.every(({ summary }) => summary?.eval?.individual_rate === null);
}

function buildRow({ name, summary, baselines, error }: RunResult, models: string): string[] {
  if (!summary) return [name, models, ...Array<string>(6).fill('n/a'), '', `not run: ${error?.code}`];
  const { eval: evaluation, failed } = summary;
  const errors = findEvaluationErrors(summary).length;
  const lossParts = [failed > 0 && `${failed} lost`, errors > 0 && count(errors, 'evaluation error')];
  const messages = Object.values(summary.by_setting).reduce(
    (sum, settingSummary) => sum + settingSummary.messages_sent,
    0,
  );
  return [
    name,
    models,
    String(summary.total_tasks),
    formatPercent(evaluation?.individual_rate),
    formatPercent(evaluation?.pass_rate),
    formatPercent(evaluation?.overall_rate),
    String(messages),
    totalCost(summary),
    baselines.map((baseline) => formatDeficitText(baseline, baselines.length > 1)).join(', '),
    error ? `stopped early: ${error.code}` : lossParts.filter(Boolean).join(', '),
  ];
}

/** Returns the model of all seats, or `agent1 openai/gpt-4o, agent2 gemini/flash` if they differ. */
function getModels({ seats }: RunResult): string {
  const models = new Set(seats.map(({ model }) => model));
  if (models.size === 1) return [...models][0] ?? '';
  return seats.map(({ seat, model }) => `${seat} ${model ?? 'no model'}`).join(', ');
}

function formatDeficitText(
  { deficit, pairs, model, run }: RunResult['baselines'][number],
  isNamed: boolean,
): string {
  return `${formatPercent(deficit)}${isNamed ? ` to ${model ?? run}` : ''} (${count(pairs, 'pair')})`;
}
