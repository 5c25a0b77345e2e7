import type { FrameworkOptions, TuningOptions } from '@cooperbench/agent-kit/definition';

/** The options of the agents `claude_code` and `codex`. */
export type AgentOptions = FrameworkOptions & Pick<TuningOptions, 'effort' | 'contextWindow'>;
