import type { ModelUsage } from '@cooperbench/core';

/** A tool call as the model wrote it. `arguments` should be JSON, but may be anything. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ToolResult {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** The call itself was wrong. A command that failed is a normal result. */
  readonly malformed: boolean;
}

export type Turn =
  | { readonly role: 'system' | 'user'; readonly text: string }
  | ({ readonly role: 'assistant' } & Pick<Reply, 'text' | 'toolCalls' | 'native'>)
  | { readonly role: 'tool'; readonly results: readonly ToolResult[] };

/** A model's answer. */
export interface Reply {
  readonly text: string;
  /** What it thought before, as far as the provider shows it. */
  readonly reasoning?: string;
  readonly toolCalls: readonly ToolCall[];
  /** The model ran out of output tokens before it was done. */
  readonly cutOff: boolean;
  readonly usage: ModelUsage;
  /** Settings that the provider's client could not apply, one per line. */
  readonly warnings?: readonly string[];
  /** The answer in the provider's own form, sent back unchanged (signatures, reasoning). */
  readonly native?: unknown;
}

/** A model, or a script that replays one. */
export interface ChatModel {
  /** As the user wrote it. */
  readonly id: string;
  /** Starts the system prompt, because it changes what a result means. */
  readonly disclaimer?: string | undefined;
  /** @throws ModelFailure, or the signal's reason. */
  complete(conversation: readonly Turn[], options: { readonly signal: AbortSignal }): Promise<Reply>;
}
