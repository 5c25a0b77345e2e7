import { sumValues } from '../statistics/clusters.ts';
import type { Trial } from '../trials/trial.ts';

/** The use of all phases with one name, as means of a trial. A trial may have several of a name, or none. */
export interface PhaseUsage {
  readonly phase: string;
  /** Trials that have it. */
  readonly trials: number;
  readonly phases: number;
  /** USD. It is null if a price is not known. */
  readonly cost: number | null;
  /** Of the cost of all phases. It is null if it is not known, or nothing was spent. */
  readonly cost_share: number | null;
  readonly steps: number;
  readonly seconds: number;
}

/** By name, in the order in which trials first have them. */
export function computePhaseUsage(trials: readonly Trial[]): PhaseUsage[] {
  const phased = trials.flatMap(({ phases }) => (phases ? [phases] : []));
  const phases = phased.flat();
  const costs = phases.map(({ cost }) => cost);
  const totalCost = costs.includes(null) ? null : sumValues(costs.map((cost) => cost ?? 0));
  return [...Map.groupBy(phases, ({ name }) => name)].map(([phase, phaseEntries]) => {
    const computeMean = (values: readonly number[]): number => sumValues(values) / phased.length;
    const isKnown = phaseEntries.every(({ cost }) => cost !== null);
    const cost = sumValues(phaseEntries.map((entry) => entry.cost ?? 0));
    return {
      phase,
      trials: phased.filter((phases) => phases.some(({ name }) => name === phase)).length,
      phases: computeMean(phaseEntries.map(() => 1)),
      cost: isKnown ? cost / phased.length : null,
      cost_share: totalCost === null || totalCost === 0 ? null : cost / totalCost,
      steps: computeMean(phaseEntries.map(({ steps }) => steps)),
      seconds: computeMean(phaseEntries.map(({ seconds }) => seconds)),
    };
  });
}
