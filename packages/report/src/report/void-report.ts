import { sumValues } from '../statistics/clusters.ts';
import type { Trial } from '../trials/trial.ts';
import type { Condition } from './condition.ts';
import { collectObservationsWithVoids } from './observations.ts';
import { type RateReport, rateReport } from './rate-report.ts';

export interface VoidReport {
  /** Trials of which an attempt was lost. */
  readonly trials: number;
  /** Lost attempts. */
  readonly attempts: number;
  /** Those that nothing outside the sandboxes explains. */
  readonly unexplained: number;
  /** Lost seats of these attempts, by the model of the seat. */
  readonly by_model: readonly { readonly model: string; readonly seats: number }[];
  /** The merged rate with these trials as failures. */
  readonly merged: RateReport;
}

/** `merged`: the rate without those that were lost. */
export function buildVoidReport(
  trials: readonly Trial[],
  merged: RateReport,
  seed: number,
  cluster: Condition['cluster'],
): VoidReport {
  const voidTrials = trials.filter(({ voids }) => voids.attempts > 0);
  const seats = voidTrials.flatMap(({ voids, seats, model }) =>
    Object.entries(voids.seats).map(([id, count]) => ({
      model: seats.find(({ seat }) => seat === id)?.model ?? model,
      count,
    })),
  );
  return {
    trials: voidTrials.length,
    attempts: sumValues(voidTrials.map(({ voids }) => voids.attempts)),
    unexplained: sumValues(voidTrials.map(({ voids }) => voids.unexplained)),
    by_model: [...Map.groupBy(seats, ({ model }) => model)].map(([model, modelSeats]) => ({
      model,
      seats: sumValues(modelSeats.map(({ count }) => count)),
    })),
    merged:
      voidTrials.length === 0 ? merged : rateReport(collectObservationsWithVoids(trials, cluster), seed),
  };
}
