/** One agent's place in a trial: what it is called and what it works on. */
export interface SeatPlan {
  readonly seat: string;
  readonly features: readonly number[];
}

/** Maps the features of a trial to seats. Nothing in core counts to two: N features may make N seats. */
export interface Setting {
  readonly name: string;
  /** Seats talk to each other and their work is merged. */
  readonly cooperative: boolean;
  seats(features: readonly number[]): SeatPlan[];
}
