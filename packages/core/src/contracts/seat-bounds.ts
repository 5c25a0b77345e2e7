/**
 * How much of the host one seat may use. Past a bound, the seat ends as `LimitsExceeded`, and its `error` names the bound. An
 * honest seat stays far below each: the longest runs of the public dataset reach about a hundredth of them.
 */
export interface SeatBounds {
  /** Calls of the channels' commands that wait for their answer. Each holds up to 512 KiB of this process's memory. */
  readonly pendingCalls: number;
  /** Bytes that the relay in the sandbox prints. */
  readonly relayBytes: number;
  /** Lines that the relay in the sandbox prints: two to four for each call. */
  readonly relayLines: number;
  /** Events that the seat's agent records. */
  readonly events: number;
  /** Texts for the user that the seat's agent records. */
  readonly notices: number;
  /** Bytes of the seat's trajectory, as written to disk. */
  readonly trajectoryBytes: number;
  /** Bytes of its framework's output that are kept beside the trajectory, before compression. The rest is dropped. */
  readonly rawBytes: number;
  /** Bytes of the seat's log. */
  readonly logBytes: number;
  /** Messages that the seat sends. */
  readonly messages: number;
  /** Bytes of these messages. */
  readonly messageBytes: number;
  /** Bytes that the seat pushes to the shared git repository. The repository itself may have twice as many. */
  readonly pushedBytes: number;
  /** Connections that are open at once in a tunnel to the seat's sandbox. */
  readonly tunnelConnections: number;
  /** Connections that a tunnel's sandbox opens or resets: a second on average, and ten times as many at once. */
  readonly tunnelConnectionsPerSecond: number;
  /** Frames that a tunnel's sandbox sends: a second on average, and ten times as many at once. */
  readonly tunnelFramesPerSecond: number;
  /** Frames that wait until a tunnel's sandbox reads them. */
  readonly tunnelWaitingFrames: number;
  /** Bytes that wait in a tunnel for their reader, on the host or in the sandbox. */
  readonly tunnelBytes: number;
  /** How deep a value that a plugin hands over may nest lists and objects. */
  readonly jsonDepth: number;
  /** Lists, objects, texts and other values in one value that a plugin hands over. */
  readonly jsonNodes: number;
  /** Characters of all texts and names in one value that a plugin hands over. */
  readonly jsonCharacters: number;
}

const MiB = 1024 * 1024;

/** The limits of a seat's use of the host, unless a test sets other bounds. Sizes are bytes. */
export const seatBounds: SeatBounds = {
  pendingCalls: 32,
  relayBytes: 64 * MiB,
  relayLines: 200_000,
  events: 100_000,
  notices: 100,
  trajectoryBytes: 64 * MiB,
  rawBytes: 64 * MiB,
  logBytes: 64 * MiB,
  messages: 10_000,
  messageBytes: 8 * MiB,
  pushedBytes: 1024 * MiB,
  tunnelConnections: 256,
  tunnelConnectionsPerSecond: 500,
  tunnelFramesPerSecond: 20_000,
  tunnelWaitingFrames: 4096,
  tunnelBytes: 32 * MiB,
  jsonDepth: 100,
  jsonNodes: 100_000,
  jsonCharacters: 16 * MiB,
};

/** Maximum bytes of the notes that a seat's agent is shown before a step. The rest waits for the next step. */
export const maxNoteBytes: number = 16 * 1024;
