import type { Backend } from './backend.ts';
import type { Cancellable } from './cancellable.ts';
import type { Evaluation } from './evaluation.ts';
import type { MergePolicy } from './merge-policy.ts';
import type { Task } from './task.ts';

export interface SubmittedPatch {
  /** `agent1`, `agent2`, … or `solo`. */
  readonly seat: string;
  readonly features: readonly number[];
  /** Bytes as handed in; empty when nothing was. Hostile input. */
  readonly patch: Uint8Array;
  /** Why there is no patch to judge: the seat was lost to infrastructure. Absent otherwise. */
  readonly lost?: string | undefined;
}

/** One trial's work, read from its files. */
export interface Submission {
  /** `<setting>/<repo>/<task_id>/f1_f2`. */
  readonly id: string;
  readonly task: Task;
  readonly setting: string;
  readonly features: readonly number[];
  readonly patches: readonly SubmittedPatch[];
  /** A model wrote the patches. */
  readonly untrusted: boolean;
}

export interface EvaluationContext extends Cancellable {
  readonly backend: Backend;
  readonly policy: { readonly name: string } & MergePolicy;
  /** Evaluations at once. */
  readonly concurrency: number;
  /** For the labels of sandboxes. */
  readonly runName: string;
}

export interface Verdict {
  readonly submission: Submission;
  readonly evaluation: Evaluation;
}

/**
 * Judges submissions. Yields one verdict each, in the order they are reached; infrastructure failures are verdicts with
 * `error`. A submission that it leaves out gets such a verdict, too.
 */
export interface Evaluator {
  evaluate(submissions: readonly Submission[], context: EvaluationContext): AsyncIterable<Verdict>;
}
