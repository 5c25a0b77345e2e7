import type { Cancellable } from './cancellable.ts';
import type { Inbox } from './channel.ts';
import type { Workspace } from './workspace.ts';

/** How a seat's work ended, as result.json says it. Values, not errors: none of them throws. */
export type SeatStatus = 'Completed' | 'LimitsExceeded' | 'Timeout' | 'Error' | 'Cancelled';

/** One turn of an agent's trajectory, as `*_traj.json` keeps it. */
export interface TrajectoryMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly name?: string;
  readonly tool_calls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: unknown;
  }[];
  /** USD; assistant messages only. */
  readonly cost?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
}

/** What a model call used. Absent cost: the model's price is not known. Tokens in `inputTokens` include cached ones. */
export interface ModelUsage {
  readonly costUsd?: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** What an agent reports while it works. Core keeps it, so that nothing is lost when the agent is stopped. */
export type AgentEvent =
  /** The agent begins another step, usually one model call and what follows from it. */
  | { readonly type: 'step' }
  | { readonly type: 'usage'; readonly usage: ModelUsage }
  | { readonly type: 'message'; readonly message: TrajectoryMessage }
  /** A line for the seat's log file. */
  | { readonly type: 'log'; readonly text: string }
  /** A line for the user, shown once in a run however often it is recorded. */
  | { readonly type: 'notice'; readonly text: string };

/**
 * Limits of a seat. Absent: no limit. An agent ends with `LimitsExceeded` when it has reached one; core ends an agent that
 * records another step or usage after that.
 */
export interface SeatLimits {
  readonly maxSteps?: number | undefined;
  readonly maxCostUsd?: number | undefined;
}

/** Which model a seat uses and how to reach it. */
export interface ModelAccess {
  /** LiteLLM-style id. */
  readonly model: string;
  /** An endpoint that speaks the provider's protocol, instead of the provider's own. */
  readonly baseUrl?: string | undefined;
  /** The user's `--agent-config` file: an absolute path. Core does not parse it. */
  readonly configFile?: string | undefined;
}

export interface AgentContext extends ModelAccess {
  /** `<setting>/<repo>/<task_id>/f1_f2`. */
  readonly trial: string;
  /** `agent1`, `agent2`, … or `solo`. */
  readonly seat: string;
  readonly role?: string | undefined;
  /** Ids of the other seats. Empty: the agent works alone. */
  readonly peers: readonly string[];
  /** Who the others are and what the role means, in Markdown. Absent: nothing to say. */
  readonly instructions?: string | undefined;
  /** What the seat shares with its peers: the commands of each channel exist in the workspace. */
  readonly channels: readonly { readonly name: string; readonly instructions: string }[];
  /** What peers sent, from all channels. Show it before each step. Absent: no channel brings notes. */
  readonly inbox?: Inbox | undefined;
  readonly features: readonly number[];
  /** The task's folder on the host, which holds hidden tests. Only core's own `oracle` gets it. */
  readonly taskDir?: string | undefined;
  readonly workspace: Workspace;
  readonly limits: SeatLimits;
  /** Aborts on the seat's timeout, when core ends the seat, and when the run is stopped. Core waits 10 seconds for the agent. */
  readonly signal: AbortSignal;
  record(event: AgentEvent): void;
}

export interface AgentResult {
  readonly status: 'Completed' | 'LimitsExceeded';
  /** The patch it hands in. Absent: core takes the difference of the work tree to the base commit. */
  readonly patch?: Uint8Array | undefined;
  /** Why it ended by a fault of its own, such as a framework that crashed. Its work is still judged. */
  readonly error?: string | undefined;
}

/** An agent framework. Core makes one agent for a run and seats with the same options share it. */
export interface Agent extends Partial<AsyncDisposable> {
  /**
   * Works on `task` (what the seat is asked to do, in Markdown) until done.
   * @throws AgentError when the agent or its model fails; one with `scope: 'run'` stops the whole run.
   */
  run(task: string, context: AgentContext): Promise<AgentResult>;
  /**
   * Called once for each model of a run, before anything runs: resolves with notices for the user.
   * @throws ConfigError when the model, its key or the configuration file cannot be used.
   */
  preflight?(request: ModelAccess & Cancellable): Promise<readonly string[]>;
  /** Whether the costs that it records are known. Absent: they are. False: core drops the default cost limit. */
  knowsPrice?(access: ModelAccess): Promise<boolean>;
}
