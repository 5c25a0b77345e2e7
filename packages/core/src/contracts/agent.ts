import type { Cancellable } from './cancellable.ts';
import type { Inbox } from './channel.ts';
import type { Workspace } from './workspace.ts';

/** One message of an agent's trajectory, as recorded in `*_traj.json`. */
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
  /** Of a tool's result: the id of its call. Calls made together may end in any order. */
  readonly tool_call_id?: string;
  /** What the model thought before it answered, as far as its provider shows it. */
  readonly reasoning_content?: string;
  /** The sub-agent that the message belongs to, as its framework names it: the call that started it, or its own id. */
  readonly subagent?: string;
  /** The phase of the trial's setting. Core adds it. If it is absent, the setting has none. */
  readonly phase?: string;
  /** The provider's id of the model's answer. With it, core adds `cost` and tokens to the right message. */
  readonly response_id?: string;
  /**
   * USD; assistant messages only. Core adds these from `usage` with `began` or `id`: an answer may have several messages, and
   * the first gets them.
   */
  readonly cost?: number;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
}

/** Usage of one model call. `costUsd` is absent when the model's price is unknown. `inputTokens` includes cached tokens. */
export interface ModelUsage {
  readonly costUsd?: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** The provider did not state all of it, for example because the answer broke off, so the agent estimated it. */
  readonly estimated?: true | undefined;
}

/** What an agent reports while it runs. Core records it, so that nothing is lost when core stops the agent. */
export type AgentEvent =
  /**
   * The agent begins a step: usually one model call and the commands that follow. `began`: when the model's answer began, in
   * unix seconds, for an agent that may record messages of a step before the step itself. Defaults to now.
   */
  | { readonly type: 'step'; readonly began?: number | undefined }
  /**
   * `began`: when the answer began, in unix seconds, and `id`: the provider's id of it, for an agent that does not record them
   * in the message itself.
   */
  | {
      readonly type: 'usage';
      readonly usage: ModelUsage;
      readonly began?: number | undefined;
      readonly id?: string | undefined;
    }
  | { readonly type: 'message'; readonly message: TrajectoryMessage }
  /** A line of the framework's own output. Core keeps the first `rawBytes` of them, compressed, beside the trajectory. */
  | { readonly type: 'raw'; readonly line: string }
  /** A line for the seat's log file. */
  | { readonly type: 'log'; readonly text: string }
  /** A line for the user. Core shows it once per run, however often agents record it. */
  | { readonly type: 'notice'; readonly text: string };

/**
 * Limits of a seat. A key that is absent sets no limit. An agent that reaches a limit returns `LimitsExceeded`. Core stops an
 * agent that records another step or usage after that.
 */
export interface SeatLimits {
  readonly maxSteps?: number | undefined;
  readonly maxCostUsd?: number | undefined;
}

/**
 * What the project's files chose. The user may not have written these files, and their author must not receive the user's
 * keys. `resolveModelEndpoint` heeds this.
 */
export interface ChosenByProject {
  /** The file that `baseUrl` comes from: a configuration file, or `.env`. If it is absent, the user chose it. */
  readonly baseUrl?: 'configuration' | '.env' | undefined;
  /** `COOPERBENCH_API_KEY` belongs to another address of the run, which the user chose. Only with `baseUrl`. */
  readonly keyBelongsToOtherUrl?: true | undefined;
  /** Environment variables that `.env` set. All others are the user's. */
  readonly variables?: readonly string[] | undefined;
}

/** What a model costs, in USD per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Defaults to `input`. */
  readonly cache_read?: number | undefined;
  /** Defaults to `input`. */
  readonly cache_write?: number | undefined;
}

/** Which model a seat uses and how to reach it. `resolveModelEndpoint` finds its address and key. */
export interface ModelAccess {
  /** LiteLLM-style id. */
  readonly model: string;
  /** An endpoint that speaks the provider's protocol. Defaults to the provider's own endpoint. */
  readonly baseUrl?: string | undefined;
  readonly chosenByProject?: ChosenByProject | undefined;
  /** Absolute path of the seat's agent configuration file. Core does not parse it. */
  readonly configFile?: string | undefined;
  /** What the user says the model costs. It replaces any other price. */
  readonly price?: ModelPrice | undefined;
}

/** A program in the sandbox that speaks the Model Context Protocol on its standard streams. */
export interface McpServer {
  readonly name: string;
  /** Its absolute path. It takes no arguments. */
  readonly command: string;
}

/** Everything that an agent gets for one seat: the sandbox, the model, the limits, the peers, and where to report. */
export interface AgentContext extends ModelAccess {
  /** `<setting>/<repo>/<task_id>/f1_f2`, with `@2` for the pair's second repetition. */
  readonly trial: string;
  /** `agent1`, `agent2`, … or `solo`. */
  readonly seat: string;
  readonly role?: string | undefined;
  /** The phase that the agent works in. If it is absent, the setting has none. */
  readonly phase?: string | undefined;
  /** It is false if nobody tests what the seat changes, in this phase or at all. What it is to leave is in its task. */
  readonly handsIn?: false | undefined;
  /** Ids of the other seats. It is empty if the agent works alone. */
  readonly peers: readonly string[];
  /** Explains the other seats and the role, in Markdown. It is absent if there is nothing to explain. */
  readonly instructions?: string | undefined;
  /** The open channels. The commands of each channel exist in the workspace. */
  readonly channels: readonly { readonly name: string; readonly instructions: string }[];
  /** MCP servers of the channels. An agent whose framework takes such servers registers them. */
  readonly mcpServers?: readonly McpServer[] | undefined;
  /** Notes from all channels. The agent shows them to its model before each step. If it is absent, no channel has notes. */
  readonly inbox?: Inbox | undefined;
  readonly features: readonly number[];
  /** Reads the golden patch of a feature. Only core's own `oracle` gets it. */
  readonly goldenPatch?: ((feature: number) => Promise<Uint8Array>) | undefined;
  readonly workspace: Workspace;
  readonly limits: SeatLimits;
  /**
   * The number of the repetition, the same for all seats of a trial. An agent that takes a seed passes it to its model. If it
   * is absent, the run repeats no pairs, and the agent chooses none.
   */
  readonly seed?: number | undefined;
  /**
   * An agent with `saysReady` calls this when it has started. Resolves when every seat of the trial is ready, and then the
   * seat's time begins to count. Rejects with the reason of `signal`. A second call does nothing more.
   */
  ready(): Promise<void>;
  /** Aborts when the seat times out, when core stops the seat, and when the run stops. Core then waits 10 seconds for the agent. */
  readonly signal: AbortSignal;
  record(event: AgentEvent): void;
}

/** How the work of an agent ended. A failure is no result: throw an `AgentError`. */
export interface AgentResult {
  readonly status: 'Completed' | 'LimitsExceeded';
  /** The seat's patch. If it is absent, core diffs the work tree against the base commit. */
  readonly patch?: Uint8Array | undefined;
}

/** An agent framework. Core creates each agent once per run, and all its seats share it. */
export interface Agent extends Partial<AsyncDisposable> {
  /**
   * The agent takes long to start, and calls `ready` of its context when it has. Core runs it at once. Any other agent is ready
   * as it is, so core runs it when those of the trial that call `ready` have done so.
   */
  readonly saysReady?: true | undefined;
  /**
   * Works on `task`, the description of the seat's task in Markdown, and resolves when it is done. When its time is up
   * before it recorded a step or usage or changed a file, core concludes that the model never answered: `Error`.
   * @throws AgentError when the agent or its model fails. Its `scope` says what that means for the seat and the run.
   */
  run(task: string, context: AgentContext): Promise<AgentResult>;
  /**
   * Checks a model before the run starts. Changes nothing: `--dry-run` and `doctor` call it, too. Core calls it once for each
   * different request. Resolves with notices for the user.
   * @throws ConfigError when the model, its key or the configuration file cannot be used.
   */
  preflight?(request: ModelAccess & Cancellable): Promise<readonly string[]>;
  /** Whether the agent knows the model's price. Defaults to true. With false, core drops the default cost limit. */
  knowsPrice?(access: ModelAccess): Promise<boolean>;
}
