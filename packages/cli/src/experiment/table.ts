import type { PlayedRun } from './play.ts';

/** One line a run: what it came to. */
export function experimentTable(runs: readonly PlayedRun[]): string[] {
  const rows = [['run', 'trials', 'passed', 'rate', 'cost', ''], ...runs.map(rowOf)];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return ['', ...lines.map((line) => line.trimEnd())];
}

function rowOf({ name, summary, error }: PlayedRun): string[] {
  if (!summary) return [name, '-', '-', '-', '-', `not run: ${error?.code}`];
  const rate = summary.pass_rate === null ? '-' : `${(summary.pass_rate * 100).toFixed(1)} %`;
  const lost = summary.failed + (summary.eval?.errors ?? 0);
  return [
    name,
    String(summary.total_tasks),
    summary.eval ? String(summary.eval.passed) : '-',
    rate,
    `$${summary.total_cost.toFixed(2)}`,
    error ? `stopped early: ${error.code}` : lost > 0 ? `${lost} lost` : '',
  ];
}
