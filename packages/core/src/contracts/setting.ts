import type { SeatStatus } from './seat-status.ts';

/** One seat of a trial: its names, its features and its role. */
export interface SeatPlan {
  /** `agent1`, `agent2`, … or `solo`: how events, results and peers name the seat. Unique in a trial. */
  readonly id: string;
  /** Features that the seat implements. Evaluation tests its patch alone on these. It is empty if the patch is not tested alone. */
  readonly features: readonly number[];
  /** Prefix of the names of the seat's files, as in `agent3.patch`. Unique in a trial. */
  readonly fileStem: string;
  /** What the seat does, in a word or two, such as `reviewer`. */
  readonly role?: string;
  /** It is false if the seat hands in no patch, and core does not read its work tree. */
  readonly submitsPatch?: false;
}

/** Who works on a set of features, and how their patches are evaluated. */
export interface Setting {
  /** Returns the seats, in merge order. */
  seats(features: readonly number[]): readonly SeatPlan[];
  /** Channels that are open by default. If it is absent, the seats share nothing, and users cannot open channels. */
  readonly channels?: readonly string[];
  /** `merge`: evaluation merges the patches, then tests them. `single`: one seat hands in a patch, which contains all features. */
  readonly judged: 'merge' | 'single';
  /** The merge policy for runs whose user names none. Defaults to `union`. A run keeps the policy of its first trials. */
  readonly mergePolicy?: string;
  /**
   * Returns the description of a seat's task, in Markdown, from the descriptions of all features by id. Absent means the
   * descriptions of the seat's features.
   */
  task?(seat: SeatPlan, descriptions: ReadonlyMap<number, string>): string;
  /**
   * Yields the phases of a trial, one after another. Each `yield` returns what has become of the phase. After `maxPhases`, the
   * trial ends as it is, and the user is told. An infrastructure failure ends it, too. The limits of a seat hold for all its
   * phases together, and a seat without any left, or with less than a minute, ends at once. Channels stay open, and messages
   * to a seat wait for its next phase. A killed run repeats the whole trial. If it is absent, every seat works in one phase.
   */
  phases?(trial: TrialPlan): Generator<Phase, void, PhaseOutcome>;
  /** How many phases a trial has at most, from 1 to 20. After them, it ends as it is. Defaults to 20. */
  readonly maxPhases?: number;
  /** Explains the other seats and the role to every agent framework, in Markdown. Optional. */
  instructions?(seat: SeatPlan, seats: readonly SeatPlan[]): string;
}

/** A part of a trial. Its seats work at the same time, and the next phase starts when all of them have ended. */
export interface Phase {
  /** Such as `plan`, `execute` or `review`. Several phases of a trial may have the same name. */
  readonly name: string;
  /** Each seat at most once. */
  readonly work: readonly PhaseWork[];
  /** The share of its limits that each seat may use in this phase: more than 0, at most 1. Defaults to all that is left. */
  readonly share?: number;
}

/** What a seat does in a phase. A new agent works in a new sandbox, which no process of an earlier phase has reached. */
export interface PhaseWork {
  readonly seat: string;
  /** The description of the task, in Markdown. */
  readonly task: string;
  /**
   * `fresh`: the work tree is the base commit. `continue`: it has the changes that the seat has made so far. `from`: it has those
   * of another seat. Changes that do not apply are left out.
   */
  readonly start: 'fresh' | 'continue' | { readonly from: string };
  /**
   * Text files that the setting gets after the phase, as paths relative to the work tree. They never belong to a patch. At most
   * 16 files, of which the first 64 KiB count. Links and files that do not exist are left out.
   */
  readonly handsOver?: readonly string[];
  /** It is false if the changes to the work tree are dropped. By default, they replace those that the seat has made so far. */
  readonly keepsChanges?: false;
}

/** The outcome of a phase. */
export interface PhaseOutcome {
  /** The seats of the phase. */
  readonly seats: ReadonlyMap<string, PhaseSeatOutcome>;
}

/** How a phase ended for one of its seats. */
export interface PhaseSeatOutcome {
  /** Never `Error` or `Cancelled`: these end the trial. */
  readonly status: SeatStatus;
  /** The changes that the seat has made so far. An agent controls them. */
  readonly patch: Uint8Array;
  /** The files that the seat handed over, by path. Untrusted text. */
  readonly files: ReadonlyMap<string, string>;
}

/** The trial whose phases a setting decides. */
export interface TrialPlan {
  /** In merge order. */
  readonly seats: readonly SeatPlan[];
  /** The descriptions of all features by id, in Markdown. */
  readonly descriptions: ReadonlyMap<number, string>;
  /** Returns the task that the seat would have without phases. */
  task(seat: SeatPlan): string;
}
