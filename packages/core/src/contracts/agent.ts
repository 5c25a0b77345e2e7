import type { Mailbox } from './bus.ts';
import type { Cancellable } from './cancellable.ts';
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

/** What an agent tells core while it works, so that nothing is lost when it is stopped. */
export type AgentEvent =
  | { readonly type: 'step' }
  | { readonly type: 'usage'; readonly usage: ModelUsage }
  | { readonly type: 'message'; readonly message: TrajectoryMessage }
  /** A line for the seat's log file. */
  | { readonly type: 'log'; readonly text: string }
  /** A line for the person who runs this, shown once a run however often it is said. */
  | { readonly type: 'notice'; readonly text: string };

/** Absent: no limit. The agent ends itself with `LimitsExceeded`; time is core's, by the signal. */
export interface SeatLimits {
  readonly maxSteps?: number | undefined;
  readonly maxCostUsd?: number | undefined;
}

/** Which model a seat uses and how it is reached. */
export interface ModelAccess {
  /** LiteLLM-style id. */
  readonly model: string;
  /** An endpoint that speaks the provider's protocol, instead of the provider's own. */
  readonly baseUrl?: string | undefined;
  /** The user's `--agent-config` file: absolute, not parsed by core. */
  readonly configFile?: string | undefined;
}

export interface AgentContext extends ModelAccess {
  /** `agent1`, `agent2`, … or `solo`. */
  readonly seat: string;
  readonly peers: readonly string[];
  /** What the seat works on. `taskDir` is on the host and holds hidden tests: nothing of it may enter the workspace. */
  readonly features: readonly number[];
  readonly taskDir: string;
  readonly workspace: Workspace;
  /** Absent when the seat is alone or messaging is off. */
  readonly mailbox?: Mailbox | undefined;
  /** The git remote shared with the peers (`team`). Absent when git collaboration is off. */
  readonly gitRemote?: string | undefined;
  readonly limits: SeatLimits;
  /** Aborts on the seat's timeout and when the run is stopped. An agent that goes on is left behind after 10 seconds. */
  readonly signal: AbortSignal;
  record(event: AgentEvent): void;
}

export interface AgentResult {
  readonly status: 'Completed' | 'LimitsExceeded';
  /** The patch it hands in. Absent: core takes the difference of the work tree to the base commit. */
  readonly patch?: Uint8Array | undefined;
  /** It ended by a fault of its own (a framework that crashed). Its work is still judged. */
  readonly error?: string | undefined;
}

export interface Agent {
  /**
   * Works on `task` (what the seat is to do, in Markdown) until done.
   * @throws AgentError when the agent or its model fails; one with `scope: 'run'` stops the whole run.
   */
  run(task: string, context: AgentContext): Promise<AgentResult>;
  /**
   * Called once for every model of a run, before anything runs.
   * @throws ConfigError when the model, its key or the configuration file will not do.
   */
  preflight?(
    access: ModelAccess & Cancellable,
  ): Promise<{ readonly priceKnown: boolean; readonly notices?: readonly string[] }>;
}
