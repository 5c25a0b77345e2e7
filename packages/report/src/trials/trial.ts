import type { EvaluationFile, RecordedMetric, TrialVoids } from '@cooperbench/records';
import type { Analysis } from '../analysis/file.ts';
import type { Note } from '../notes/note.ts';
import type { Cause } from './cause.ts';

/** A trial of a run, as far as reports count it. */
export interface Trial {
  readonly run: string;
  readonly setting: string;
  /** `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for a second repetition. */
  readonly id: string;
  /** `<repo>/<task_id>/f1_f2`: the same in every setting, run and repetition. */
  readonly pair: string;
  /** `<repo>/<task_id>`: pairs of one task are not independent of each other. */
  readonly task: string;
  readonly repo: string;
  readonly features: readonly number[];
  readonly repetition: number;
  /** `single`: one patch holds all features, as in `solo`. */
  readonly judged: 'merge' | 'single';
  readonly agent: string;
  readonly model: string;
  /** `error`: infrastructure lost it. `none`: not evaluated yet. Rates count `passed` and `failed` alone. */
  readonly verdict: 'passed' | 'failed' | 'error' | 'none';
  /**
   * All features pass on the merged tree and each patch alone passes its own tests. It is null if there is no verdict, or if
   * eval.json does not say.
   */
  readonly overall: boolean | null;
  /** By seat, whether its patch alone passes its own tests. It is empty if not tested alone. */
  readonly individual: Readonly<Record<string, boolean>>;
  readonly merge: Pick<NonNullable<EvaluationFile['merge']>, 'status' | 'strategy' | 'policy'> | null;
  /** The merge policy of the verdict. It is null if none plays a part, the files do not say, or there is no verdict. */
  readonly merge_policy: string | null;
  /** The networks of its agents and of its tests. If it is absent, the files do not say. */
  readonly network?: string | undefined;
  readonly eval_network?: string | undefined;
  /** A later evaluation, under another merge policy, had other inputs. */
  readonly outdated: boolean;
  /** Paths in which the patches conflict. */
  readonly conflicts: readonly string[];
  readonly seats: readonly Seat[];
  /** In order. It is absent if the setting has none. */
  readonly phases?: readonly Phase[];
  readonly voids: TrialVoids;
  /** How long it took. It is null if the files do not say. */
  readonly seconds: number | null;
  readonly talk: Talk;
  /** The metrics of its channels and its evaluator. */
  readonly metrics: readonly RecordedMetric[];
  /** Why it failed. It is null if it passed, or has no verdict yet. */
  readonly cause: Cause | null;
  /** Labels that models gave to this failure. It is absent if nobody asked a model. */
  readonly analyses?: readonly Analysis[];
  /** What people say about it, in the order of writing. It is absent if there are none. */
  readonly notes?: readonly Note[];
}

/** What a phase of a trial took. */
export interface Phase {
  readonly name: string;
  /** USD of all its seats. It is null if the price is not known. */
  readonly cost: number | null;
  readonly steps: number;
  readonly seconds: number;
}

/** A seat and its use of steps, tokens, time and money. Numbers are null where the files do not say. */
export interface Seat {
  readonly seat: string;
  readonly agent: string;
  readonly model: string;
  readonly status: string;
  /** USD. It is null if the price is not known. */
  readonly cost: number | null;
  readonly steps: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  /** The seconds from its sandbox to its end. */
  readonly seconds: number | null;
  readonly patch_lines: number | null;
  readonly error: string | null;
}

/**
 * How much the seats talked, and how many of their steps and tokens that took. All are 0 where seats share nothing, and
 * null where the files do not say.
 */
export interface Talk {
  /** Messages that at least one seat accepted. */
  readonly messages: number | null;
  /** Messages that nobody accepted. */
  readonly refused: number | null;
  /** Accepted messages that a recipient never read. */
  readonly unread: number | null;
  /** How often a fault that the user asked for kept a message from a seat, and how often it doubled one. */
  readonly dropped: number | null;
  readonly duplicated: number | null;
  /** Messages to a seat that had finished. */
  readonly to_finished: number | null;
  /** Messages with a question mark that ends words. */
  readonly questions: number | null;
  /** Questions without a reply that the asker read. */
  readonly unanswered: number | null;
  /** Steps whose commands send or read messages or use the shared git remote. */
  readonly communication_steps: number;
  /** Steps that the trajectories show. */
  readonly steps: number;
  /** Output tokens of those steps, and of all. */
  readonly communication_tokens: number;
  readonly tokens: number;
}

/** USD of all seats. Returns null if a price, or a seat's cost, is not known. */
export function findCost({ seats }: Pick<Trial, 'seats'>): number | null {
  if (seats.length === 0) return null;
  return seats.reduce<number | null>(
    (sum, { cost }) => (sum === null || cost === null ? null : sum + cost),
    0,
  );
}
