import { type Bootstrap, clusterBootstrap } from '../statistics/bootstrap.ts';
import type { Cluster } from '../statistics/clusters.ts';
import { clusteredRate, type Rate } from '../statistics/rate.ts';
import { type Observation, taskClusters } from './observations.ts';

export interface RateReport extends Rate {
  readonly bootstrap: Bootstrap | null;
}

export function rateReport(observations: readonly Observation[], seed: number): RateReport {
  const clusters = taskClusters(observations);
  return { ...clusteredRate(clusters), bootstrap: clusterBootstrap(clusters, mean, seed) };
}

/** In a loop: the bootstrap asks for it ten thousand times. */
function mean(sample: readonly Cluster[]): number {
  let [passed, observed] = [0, 0];
  for (const { sum, size } of sample) {
    passed += sum;
    observed += size;
  }
  return passed / observed;
}
