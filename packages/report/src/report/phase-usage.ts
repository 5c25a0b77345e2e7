import { sumValues } from '../statistics/clusters.ts';
import type { Trial } from '../trials/trial.ts';

/** The use of all phases with one name, as means of a trial. A trial may have several of a name, or none. */
export interface PhaseUsage {
  readonly phase: string;
  /** Trials that have it. */
  readonly trials: number;
  readonly phases: number;
  /** USD. Null: a price is not known. */
  readonly cost: number | null;
  /** Of the cost of all phases. Null: it is not known, or nothing was spent. */
  readonly cost_share: number | null;
  readonly steps: number;
  readonly seconds: number;
}

/** By name, in the order in which trials first have them. */
export function phaseUsage(trials: readonly Trial[]): PhaseUsage[] {
  const phased = trials.flatMap(({ phases }) => (phases ? [phases] : []));
  const all = phased.flat();
  const costs = all.map(({ cost }) => cost);
  const spent = costs.includes(null) ? null : sumValues(costs.map((cost) => cost ?? 0));
  return [...Map.groupBy(all, ({ name }) => name)].map(([phase, own]) => {
    const mean = (values: readonly number[]): number => sumValues(values) / phased.length;
    const isKnown = own.every(({ cost }) => cost !== null);
    const cost = sumValues(own.map((one) => one.cost ?? 0));
    return {
      phase,
      trials: phased.filter((phases) => phases.some(({ name }) => name === phase)).length,
      phases: mean(own.map(() => 1)),
      cost: isKnown ? cost / phased.length : null,
      cost_share: spent === null || spent === 0 ? null : cost / spent,
      steps: mean(own.map(({ steps }) => steps)),
      seconds: mean(own.map(({ seconds }) => seconds)),
    };
  });
}
