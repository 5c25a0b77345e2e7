/** How long core waits, in milliseconds. A call of a plugin that takes longer is a fault of the plugin. */
export interface TimeLimits {
  /** Until the sandboxes of all seats of a trial are open, with their repositories and channels. For an evaluation: its sandbox. */
  readonly open: number;
  /** A creation that a backend refuses for lack of capacity, while no other sandbox of the run is open. Then the trial is lost. */
  readonly capacity: number;
  /** Until the agents of all seats of a trial are ready. Then those that are not start nevertheless. */
  readonly ready: number;
  /** A call that needs no sandbox, such as `create`, `preflight`, `inbox.take` besides its `waitMs`, or `hasImage`. */
  readonly call: number;
  /** An agent, after its signal has aborted. */
  readonly stop: number;
  /**
   * Each of the two attempts to collect a patch, and the restart between them. Likewise the changes that a seat begins with, and
   * all files that it hands over.
   */
  readonly collect: number;
  /** A seat that leaves its channels, and the disposal of a sandbox or of a trial's channel. */
  readonly close: number;
  /**
   * After an abort, everything that trials still do, and after them the disposal of agents, backends, channels and the bus. So
   * a run ends within twice this time.
   */
  readonly abort: number;
  /** Failures of several trials that come within this time have one cause outside the sandboxes. */
  readonly sameMoment: number;
  /** How long no new trial starts after three trials in a row were lost. */
  readonly pause: number;
}

/** The time limits of calls into plugins, in milliseconds. docs/reference/contracts.md says what each is for. */
export const defaultTimeLimits: TimeLimits = {
  open: 1_800_000,
  capacity: 3_600_000,
  ready: 240_000,
  call: 300_000,
  stop: 10_000,
  collect: 120_000,
  close: 120_000,
  abort: 15_000,
  sameMoment: 30_000,
  pause: 60_000,
};
