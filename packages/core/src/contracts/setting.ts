/** One seat of a trial: its names, its features and its role. */
export interface SeatPlan {
  /** `agent1`, `agent2`, … or `solo`: how events, results and peers name the seat. Unique in a trial. */
  readonly id: string;
  /** Features that the seat implements. Evaluation tests its patch alone on these. Empty: the patch is not tested alone. */
  readonly features: readonly number[];
  /** Prefix of the names of the seat's files, as in `agent3.patch`. Unique in a trial. */
  readonly fileStem: string;
  /** What the seat does, in a word or two, such as `reviewer`. */
  readonly role?: string;
  /** False: the seat hands in no patch, and core does not read its work tree. */
  readonly handsIn?: false;
}

/** Who works on a set of features, and how their patches are evaluated. */
export interface Setting {
  /** The seats, in merge order. */
  seats(features: readonly number[]): readonly SeatPlan[];
  /** Channels that are open by default. Absent: the seats share nothing, and users cannot open channels. */
  readonly channels?: readonly string[];
  /** `merge`: evaluation merges the patches, then tests them. `single`: there is one seat, and its patch contains all features. */
  readonly judged: 'merge' | 'single';
  /**
   * Returns the description of a seat's task, in Markdown, from the descriptions of all features by id. Absent: the
   * descriptions of the seat's features.
   */
  task?(seat: SeatPlan, descriptions: ReadonlyMap<number, string>): string;
  /** Explains the other seats and the role to every agent framework, in Markdown. Absent: there is nothing to explain. */
  instructions?(seat: SeatPlan, all: readonly SeatPlan[]): string;
}
