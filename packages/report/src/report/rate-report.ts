import { type Bootstrap, bootstrapClusters } from '../statistics/bootstrap.ts';
import type { Cluster } from '../statistics/clusters.ts';
import { computeClusteredRate, type Rate } from '../statistics/rate.ts';
import { listTaskClusters, type Observation } from './observations.ts';

export interface RateReport extends Rate {
  readonly bootstrap: Bootstrap | null;
}

export function rateReport(observations: readonly Observation[], seed: number): RateReport {
  const clusters = listTaskClusters(observations);
  return { ...computeClusteredRate(clusters), bootstrap: bootstrapClusters(clusters, computeMean, seed) };
}

/** In a loop: the bootstrap asks for it ten thousand times. */
function computeMean(sample: readonly Cluster[]): number {
  let [passed, observed] = [0, 0];
  for (const { sum, size } of sample) {
    passed += sum;
    observed += size;
  }
  return passed / observed;
}
