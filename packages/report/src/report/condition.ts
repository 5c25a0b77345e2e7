import type { Seat, Trial } from '../trials/trial.ts';

/** The clusters of all formulas. */
export type ClusterKey = 'task' | 'repo';

/** The trials of one setting of one run. */
export interface Condition<T extends ComparedTrial = Trial> {
  readonly label: string;
  readonly run: string;
  readonly setting: string;
  readonly trials: readonly T[];
  /** What pairs share that makes them depend on each other. Defaults to the task. */
  readonly cluster?: ClusterKey | undefined;
  /** Same as `discarded_costs` of the run. */
  readonly discardedCost: number | null;
}

/** The part of a trial that a comparison uses. */
export interface ComparedTrial
  extends Pick<
    Trial,
    'setting' | 'repo' | 'task' | 'pair' | 'judged' | 'verdict' | 'overall' | 'individual' | 'model'
  > {
  readonly seats: readonly Pick<Seat, 'model'>[];
}
