import type { ModelAccess, ModelUsage, TrajectoryMessage } from './agent.ts';

/**
 * What a trial left on disk. Nothing is read before it is asked for. Texts come from agents: treat them as hostile, also in
 * questions to a model.
 */
export interface TrialRecords {
  /** In the order of the trial's seats. */
  readonly seats: readonly RecordedSeat[];
  /** Returns the messages that seats accepted, in the order of sending. Returns an empty value if the trial has no conversation. */
  conversation(): Promise<readonly RecordedMessage[]>;
  /** Returns what happened, in order. Leaves out lines that cannot be read. docs/reference/files.md describes each event. */
  events(): Promise<readonly RecordedEvent[]>;
  /** Returns the messages of a seat's trajectory. Returns an empty value if it has none. @throws ConfigError `UNKNOWN_SEAT`. */
  trajectory(seat: string): Promise<readonly TrajectoryMessage[]>;
  /** Returns the description of a feature in Markdown, as its seat got it. @throws ConfigError `UNKNOWN_FEATURE`. */
  taskText(feature: number): Promise<string>;
}

/** A seat of a trial that has ended. */
export interface RecordedSeat {
  readonly seat: string;
  readonly features: readonly number[];
  /** Absent means the setting gives the seat no role. */
  readonly role?: string | undefined;
  readonly agent: string;
  /** It is null if its agent uses none. */
  readonly model: string | null;
  readonly status: string;
  /** USD. It is null if the price of a call is not known. */
  readonly costUsd: number | null;
  readonly steps: number;
}

/** A message from one seat to another, or to `all`. */
export interface RecordedMessage {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** Unix seconds. */
  readonly time: number;
  /** Every seat that accepted it has read it. */
  readonly delivered: boolean;
}

/** An event of events.jsonl. */
export interface RecordedEvent {
  readonly type: string;
  /** ISO 8601 in UTC. */
  readonly time: string;
  readonly [key: string]: unknown;
}

/** A model that an evaluator asks. `openModel` of `@cooperbench/agent-kit` uses it. */
export interface EvaluationModel {
  /** How to reach the model, as the user chose. */
  readonly access: ModelAccess;
  /** USD that the user's budget leaves. It falls with every answer. It is undefined if there is no budget. */
  readonly leftUsd: number | undefined;
  /** Books what an answer used, for a trial by its id. The ledger and the summaries of the run have the sum. */
  book(trial: string, usage: ModelUsage): void;
}
