import type { PairedCluster } from './clusters.ts';
import { createRandomIntegers } from './random.ts';

/** With more tasks, all combinations of signs take too long. */
const maxEnumerated = 18;
const samples = 100_000;

export interface SignFlip {
  readonly p: number;
  /** False means estimated from 100,000 random combinations of signs. */
  readonly exact: boolean;
  /** The smallest p that as many tasks can reach, whatever their outcomes. */
  readonly smallest: number;
}

/**
 * Returns a randomisation test by task: how often the total difference is at least as large when each task's difference keeps
 * or changes its sign by chance. Two-sided. Respects that pairs share tasks. Returns null without a task.
 */
export function signFlip(clusters: readonly PairedCluster[], seed: number): SignFlip | null {
  if (clusters.length === 0) return null;
  const exactly = 2 ** (1 - clusters.length);
  const differences = clusters
    .map(({ baseline, other }) => baseline - other)
    .filter((value) => Math.abs(value) > 1e-12);
  const observedSum = Math.abs(differences.reduce((sum, value) => sum + value, 0)) - 1e-9;
  if (differences.length <= maxEnumerated) {
    const combinations = 2 ** differences.length;
    // The other half has all signs changed, and so the same distances from 0.
    const half = Math.max(1, combinations / 2);
    const signed = [...differences];
    let sum = signed.reduce((total, value) => total + value, 0);
    let extreme = Math.abs(sum) >= observedSum ? 1 : 0;
    // In the order of a Gray code, one sign changes at a time.
    for (let step = 1; step < half; step += 1) {
      const index = 31 - Math.clz32(step & -step);
      const signChange = -(signed[index] as number);
      signed[index] = signChange;
      sum += 2 * signChange;
      if (Math.abs(sum) >= observedSum) extreme += 1;
    }
    return { p: extreme / half, exact: true, smallest: exactly };
  }
  const next = createRandomIntegers(seed);
  let extreme = 0;
  for (let sample = 0; sample < samples; sample += 1)
    if (
      Math.abs(differences.reduce((sum, value) => (next() & 1 ? sum - value : sum + value), 0)) >= observedSum
    )
      extreme += 1;
  // The combination that was observed counts as one of them (Phipson and Smyth 2010).
  return { p: (extreme + 1) / (samples + 1), exact: false, smallest: Math.max(exactly, 1 / (samples + 1)) };
}
