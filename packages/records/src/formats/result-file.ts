import type { ActualNetwork, MetricDefinitions, SeatStatus } from '@cooperbench/core';

/** By path, the bytes of a file that a seat handed over. It is null if it did not. */
export type HandedOver = Readonly<Record<string, number | null>>;

/** What a seat did in a phase, or in the trial. Costs are in USD. `cost_known` false: the price is not known, and `cost` counts as 0. */
export interface PhaseSeatResult {
  readonly status: SeatStatus;
  readonly cost: number;
  readonly cost_known: boolean;
  /** The part of `cost` that was estimated, because the provider did not state the usage. It is absent if nothing was estimated. */
  readonly estimated_cost?: number;
  readonly steps: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens: number;
  readonly cache_write_tokens: number;
  readonly error: string | null;
  /** The code of the error that made the status `Error`. It is absent if the error has none. */
  readonly error_code?: string;
}

/** A seat's part of result.json. With phases, the status is that of its last one, and the rest are sums. */
export interface SeatResult extends PhaseSeatResult {
  readonly feature_id?: number;
  readonly features?: readonly number[];
  /** The seat's id, when the result has `agent` instead of `agents`. Defaults to `solo`. */
  readonly id?: string;
  readonly role?: string;
  /** The seat hands in no patch. */
  readonly hands_in?: false;
  /** Prefix of the names of the seat's files. If it is absent, `agent<F>`, where F is the seat's feature, or `solo`. */
  readonly file_stem?: string;
  readonly patch_lines: number;
  /** Of the patch file. If it is absent, an earlier release or the Python original wrote the result. */
  readonly patch_bytes?: number;
  readonly patch_sha256?: string;
  readonly agent_framework: string;
  /** It is null if the agent uses no model. */
  readonly model: string | null;
}

/** A phase of a trial whose setting has phases. */
export interface PhaseResult {
  readonly name: string;
  readonly started_at: string;
  readonly duration_seconds: number;
  readonly seats: Readonly<Record<string, PhaseSeatResult & { readonly handed_over?: HandedOver }>>;
}

/** The file result.json. It is written last, so its presence means that the trial's files are complete. */
export interface ResultFile {
  readonly schema_version: 1;
  readonly repo: string;
  readonly task_id: number;
  readonly features: readonly number[];
  /** Counted from 1. */
  readonly repetition: number;
  /** The seed for agents that take one. It is null if the run repeated no pairs. */
  readonly seed: number | null;
  readonly setting: string;
  /** `merge`: evaluation merges the seats' patches. `single`: one patch contains all features. */
  readonly judged?: 'merge' | 'single';
  readonly run_id: string;
  readonly run_name: string;
  /** It is null if the seats have several. */
  readonly agent_framework: string | null;
  /** It is null if the seats have several, or none. */
  readonly model: string | null;
  readonly started_at: string;
  readonly ended_at: string;
  readonly duration_seconds: number;
  readonly agents?: Readonly<Record<string, SeatResult>>;
  readonly agent?: SeatResult;
  /** In order. If it is absent, the setting has none. */
  readonly phases?: readonly PhaseResult[];
  readonly total_cost: number;
  readonly total_steps: number;
  readonly messages_sent?: number;
  /** How often a fault that the user asked for kept a message from a seat. It is absent if that never happened. */
  readonly messages_dropped?: number;
  readonly log_dir: string;
  readonly config_hash: string;
  readonly backend: string;
  readonly channels: readonly string[];
  /** The metrics of the channels, whose values are keys of this file, too. It is absent if there are none. */
  readonly metric_definitions?: MetricDefinitions;
  readonly messaging_enabled: boolean;
  readonly git_enabled: boolean;
  /** The network that the agents had. If it is absent, the result is from before there were policies. */
  readonly network?: ActualNetwork;
  /** A model wrote the patches. */
  readonly untrusted: boolean;
  readonly base_commit: string | null;
  readonly origin: { readonly from: string; readonly reference: string } | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** Builds the seats of a result, in either form. */
export function buildSeats(
  result: Pick<ResultFile, 'agents' | 'agent'>,
): Readonly<Record<string, SeatResult>> {
  return result.agents ?? (result.agent ? { [result.agent.id ?? 'solo']: result.agent } : {});
}

/** Returns whether a repeated run runs the trial again: infrastructure lost a seat, or a seat was cancelled. */
export function isUnfinished(result: Pick<ResultFile, 'agents' | 'agent'>): boolean {
  const seats = Object.values(buildSeats(result));
  return seats.length === 0 || seats.some((seat) => seat.status === 'Error' || seat.status === 'Cancelled');
}

/** Finds the value that all seats with one have. Returns null if they have several, or none has one. */
export function findSharedBySeats(values: readonly (string | null)[]): string | null {
  const [first = null, ...otherValues] = new Set(values.filter((value) => value !== null));
  return otherValues.length > 0 ? null : first;
}
