import type { Row, TableOptions } from '@cooperbench/command';
import { formatMoney } from '@cooperbench/command/figures';
import type { EvaluationFile, StoredTrial } from '@cooperbench/records';

/** One feature pair in both settings. A verdict is null when there was none. */
export interface DemoRow {
  readonly pair: string;
  /** How many of the seats' own patches pass their own tests. */
  readonly individual: string;
  readonly merge: string;
  readonly merged: boolean | null;
  readonly overall: boolean | null;
  readonly solo: boolean | null;
  readonly messages: number;
  /** USD for both settings. */
  readonly cost: number;
}

/** Puts a run's coop and solo trials of the same pair side by side. */
export async function buildDemoRows(trials: readonly StoredTrial[]): Promise<DemoRow[]> {
  const { getJudged } = await import('@cooperbench/records');
  const pairs = Map.groupBy(trials, (trial) => trial.id.slice(trial.id.indexOf('/') + 1));
  return Promise.all(
    [...pairs].map(async ([pair, pairTrials]) => {
      const [coop, solo] = ['merge', 'single'].map((judged) =>
        pairTrials.find((trial) => getJudged(trial) === judged),
      );
      const [coopEvaluation, soloEvaluation] = await Promise.all([coop, solo].map(findEvaluation));
      const seats = Object.values(coopEvaluation?.individual ?? {});
      return {
        pair,
        individual:
          seats.length > 0 ? `${seats.filter((seat) => seat.success).length}/${seats.length}` : 'n/a',
        merge: coopEvaluation?.merge
          ? `${coopEvaluation.merge.status}${coopEvaluation.merge.strategy === 'union' ? ', union' : ''}`
          : 'n/a',
        merged: verdictOf(coopEvaluation, 'both_passed'),
        overall: verdictOf(coopEvaluation, 'overall_success'),
        solo: verdictOf(soloEvaluation, 'both_passed'),
        messages: coop?.result?.messages_sent ?? 0,
        cost: pairTrials.reduce((total, trial) => total + (trial.result?.total_cost ?? 0), 0),
      };
    }),
  );
}

async function findEvaluation(trial: StoredTrial | undefined): Promise<Partial<EvaluationFile> | undefined> {
  const { readEvaluation } = await import('@cooperbench/records');
  const file = trial && (await readEvaluation(trial.directory));
  return file?.state === 'read' ? file.value : undefined;
}

function verdictOf(
  file: Partial<EvaluationFile> | undefined,
  key: 'both_passed' | 'overall_success',
): boolean | null {
  return file === undefined || file.error ? null : (file[key] ?? null);
}

/** Returns the rows of the table, one for each pair, and its options. */
export function buildDemoTable(rows: readonly DemoRow[]): [rows: Row[], options: TableOptions] {
  const formatVerdict = (value: boolean | null): string => (value === null ? 'n/a' : value ? 'pass' : 'FAIL');
  const head = ['Pair', 'Individual', 'Merge', 'Merged', 'Overall', 'Solo', 'Messages', 'Cost'];
  const body = rows.map((row) => [
    row.pair,
    row.individual,
    row.merge,
    formatVerdict(row.merged),
    formatVerdict(row.overall),
    formatVerdict(row.solo),
    String(row.messages),
    formatMoney(row.cost),
  ]);
  return [body, { head, right: [6, 7] }];
}
