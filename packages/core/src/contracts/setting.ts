/** One place in a trial: what it is called and what it works on. */
export interface SeatPlan {
  /** `agent1`, `agent2`, … or `solo`: how events, results and peers name the seat. Unique in a trial. */
  readonly id: string;
  /** Features that the seat implements. Its patch alone is tested on these. Empty: the patch is not tested alone. */
  readonly features: readonly number[];
  /** Begins the names of the seat's files, as in `agent3.patch`. Unique in a trial. */
  readonly fileStem: string;
  /** What the seat is there for, in a word or two, such as `reviewer`. */
  readonly role?: string;
  /** False: the seat hands in nothing, and its work tree is not read. */
  readonly handsIn?: false;
}

/** Who works on a set of features, and what becomes of their work. */
export interface Setting {
  /** Seats in the order in which their patches are merged. */
  seats(features: readonly number[]): readonly SeatPlan[];
  /** Channels that are open unless the user says otherwise. Absent: seats share nothing, whatever the user says. */
  readonly channels?: readonly string[];
  /** `merge`: patches are merged, then tested. `single`: there is one seat, and its patch holds all features. */
  readonly judged: 'merge' | 'single';
  /**
   * What a seat is asked to do, in Markdown, from the descriptions by feature id. Absent: the descriptions of the
   * seat's features.
   */
  task?(seat: SeatPlan, descriptions: ReadonlyMap<number, string>): string;
  /** Who the others are and what the role means, in Markdown, for every agent framework. Absent: nothing to say. */
  instructions?(seat: SeatPlan, all: readonly SeatPlan[]): string;
}
