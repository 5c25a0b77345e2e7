import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EvaluationFile, StoredTrial } from '@cooperbench/core/host';

/** One feature pair in both settings. Verdicts are null where nothing was judged. */
export interface DemoRow {
  readonly pair: string;
  /** How many of the seats' own patches pass their own tests. */
  readonly individual: string;
  readonly merge: string;
  readonly merged: boolean | null;
  readonly overall: boolean | null;
  readonly solo: boolean | null;
  readonly messages: number;
  /** USD, both settings. */
  readonly cost: number;
}

/** Puts a run's coop and solo trials of the same pair side by side. */
export async function demoRows(trials: readonly StoredTrial[]): Promise<DemoRow[]> {
  const pairs = Map.groupBy(trials, (trial) => trial.id.slice(trial.id.indexOf('/') + 1));
  return Promise.all(
    [...pairs].map(async ([pair, both]) => {
      const [coop, solo] = ['coop', 'solo'].map((setting) => both.find((trial) => trial.setting === setting));
      const [together, alone] = await Promise.all([coop, solo].map(evaluationOf));
      const seats = Object.values(together?.individual ?? {});
      return {
        pair,
        individual:
          seats.length > 0 ? `${seats.filter((seat) => seat.success).length}/${seats.length}` : 'n/a',
        merge: together?.merge
          ? `${together.merge.status}${together.merge.strategy === 'union' ? ', union' : ''}`
          : 'n/a',
        merged: together && !together.error ? together.both_passed : null,
        overall: together && !together.error ? together.overall_success : null,
        solo: alone && !alone.error ? alone.both_passed : null,
        messages: coop?.result?.messages_sent ?? 0,
        cost: both.reduce((total, trial) => total + (trial.result?.total_cost ?? 0), 0),
      };
    }),
  );
}

async function evaluationOf(trial: StoredTrial | undefined): Promise<EvaluationFile | undefined> {
  if (!trial) return undefined;
  return JSON.parse(await readFile(join(trial.directory, 'eval.json'), 'utf8')) as EvaluationFile;
}

/** The table's lines and the coordination deficit: how much of solo's success the pairs lose, as a fraction of 1. */
export function demoTable(rows: readonly DemoRow[]): { lines: string[]; deficit: number | null } {
  const verdict = (value: boolean | null): string => (value === null ? 'n/a' : value ? 'pass' : 'FAIL');
  const head = ['Pair', 'Individual', 'Merge', 'Merged', 'Overall', 'Solo', 'Messages', 'Cost'];
  const body = rows.map((row) => [
    row.pair,
    row.individual,
    row.merge,
    verdict(row.merged),
    verdict(row.overall),
    verdict(row.solo),
    String(row.messages),
    `$${row.cost.toFixed(2)}`,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const coop = rate(rows.map((row) => row.merged));
  const solo = rate(rows.map((row) => row.solo));
  const deficit = coop === null || !solo ? null : (solo - coop) / solo;
  const summary = `Solo passes ${percent(solo)}, coop passes ${percent(coop)}: coordination deficit ${percent(deficit)}.`;
  return {
    lines: ['', line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line), '', summary],
    deficit,
  };
}

function rate(verdicts: readonly (boolean | null)[]): number | null {
  const known = verdicts.filter((verdict) => verdict !== null);
  return known.length === 0 ? null : known.filter(Boolean).length / known.length;
}

function percent(value: number | null): string {
  return value === null ? 'n/a' : `${(value * 100).toFixed(0)} %`;
}
