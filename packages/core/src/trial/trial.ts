import type { Agent, SeatLimits } from '../contracts/agent.ts';
import type { Backend } from '../contracts/backend.ts';
import type { MessageBus } from '../contracts/bus.ts';
import type { RunEventBody } from '../contracts/events.ts';
import type { Layer } from '../contracts/sandbox-spec.ts';
import type { SeatPlan } from '../contracts/setting.ts';
import type { FeatureSet } from '../contracts/task.ts';

/**
 * What a seat may take besides its agent's own time: until the sandboxes of all seats are there, until an agent that was
 * told to stop has stopped, and until its patch is collected.
 */
export const graceMs = { open: 1_800_000, stop: 10_000, collect: 300_000 };

/** A seat and who sits on it. */
export interface SeatAssignment extends SeatPlan {
  readonly agentName: string;
  readonly agent: Agent;
  readonly untrusted: boolean;
  readonly model: string;
  readonly backend: Backend;
  /** Software that the agent needs in its sandbox. */
  readonly layers?: readonly Layer[] | undefined;
  readonly limits: SeatLimits;
}

/** One execution of one feature pair. */
export interface Trial {
  /** `<setting>/<repo>/<task_id>/f1_f2`. */
  readonly id: string;
  readonly setting: string;
  readonly pair: FeatureSet;
  readonly seats: readonly SeatAssignment[];
}

/** What all trials of a run have in common. */
export interface RunContext {
  readonly runName: string;
  readonly runDir: string;
  readonly agentName: string;
  readonly model: string;
  readonly backendName: string;
  /** Absent: the seats cannot talk. */
  readonly bus?: Pick<MessageBus, 'open'> | undefined;
  readonly git: boolean;
  readonly timeoutMs: number;
  readonly configFile?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly configHash: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly emit: (event: RunEventBody) => void;
  /** Shown once a run. */
  readonly notice: (text: string, level?: 'info' | 'warning') => void;
  readonly signal: AbortSignal;
  /** Ends the whole run: no other seat can do better. */
  readonly stop: (error: Error) => void;
}
