import { type LedgerContent, type LedgerLine, readLedger, type Spending } from '../formats/ledger.ts';
import { buildSeats } from '../formats/result-file.ts';
import { readTrials, type StoredTrial } from '../trials/read-trials.ts';

/** The cost of a stored result's attempt. */
export interface ResultCost extends Spending {
  readonly id: string;
  readonly runId: string;
}

/** Sums of the same costs in another order differ by less. */
const tolerance = 1e-9;

/** USD that a run has spent. 0 when there is no such run. @throws ConfigError `LEDGER`. */
export async function readSpending(runDir: string): Promise<number> {
  const content = await readLedger(runDir);
  const missing = listMissingLines(content, await readTrials(runDir), new Date());
  return totalOf(content) + missing.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
}

/** USD that the attempts and evaluations of a ledger cost. */
export function totalOf({ attempts, evaluation }: LedgerContent): number {
  let total = evaluation.cost;
  for (const ofTrial of attempts.values()) for (const { cost } of ofTrial.values()) total += cost;
  return total;
}

export function getCostOfTrial({ id, result }: Pick<StoredTrial, 'id' | 'result'>): ResultCost {
  return {
    id,
    runId: result?.run_id ?? '',
    cost: result?.total_cost ?? 0,
    known:
      typeof result?.total_cost === 'number' &&
      Object.values(buildSeats(result)).every((seat) => seat.cost_known !== false),
  };
}

/**
 * Returns what a run spent that none of its results has, by setting: attempts that ran again, were replaced or interrupted,
 * and answers that came after a result.
 */
export function computeDiscardedCosts(
  { attempts }: Pick<LedgerContent, 'attempts'>,
  results: readonly ResultCost[],
): ReadonlyMap<string, Spending> {
  const counted = new Map(results.map((result) => [result.id, result]));
  const discardedBySeat = new Map<string, Spending>();
  for (const [trial, ofTrial] of attempts) {
    const result = counted.get(trial);
    const setting = trial.slice(0, Math.max(0, trial.indexOf('/')));
    for (const [runId, spentAmount] of ofTrial) {
      const isResult = result?.runId === runId;
      const cost = isResult ? spentAmount.cost - result.cost : spentAmount.cost;
      const isKnown = spentAmount.known || isResult;
      if (cost <= tolerance && isKnown) continue;
      const previousSpent = discardedBySeat.get(setting) ?? { cost: 0, known: true };
      discardedBySeat.set(setting, {
        cost: previousSpent.cost + Math.max(0, cost),
        known: previousSpent.known && isKnown,
      });
    }
  }
  return discardedBySeat;
}

/** Lines for what results cost and the ledger does not have. */
export function listMissingLines(
  { attempts }: LedgerContent,
  trials: readonly StoredTrial[],
  now: Date,
): LedgerLine[] {
  const results = trials.filter(({ result }) => result !== undefined).map(getCostOfTrial);
  return results.flatMap(({ id: trial, runId: run_id, cost, known }) => {
    const booked = attempts.get(trial)?.get(run_id) ?? { cost: 0, known: true };
    const line = { time: now.toISOString(), trial, run_id };
    return [
      ...(cost - booked.cost > tolerance ? [{ ...line, cost: cost - booked.cost }] : []),
      ...(!known && booked.known ? [{ ...line, cost: null }] : []),
    ];
  });
}
