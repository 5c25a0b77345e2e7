import { message } from '@cooperbench/agent-kit';
import type { TrajectoryMessage } from '@cooperbench/core';

/** A part of a message. */
interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly tool_use_id?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly content?: unknown;
}

/** A line that Claude Code prints. Fields that are not read here are left out. */
export interface ClaudeEvent {
  readonly type: string;
  readonly message?: { readonly id?: string; readonly content?: unknown };
  /** The call that started the sub-agent which this event comes from. */
  readonly parent_tool_use_id?: string | null;
  /** Of a `result`, the end of a turn. */
  readonly subtype?: string;
  readonly is_error?: boolean;
  readonly result?: string;
}

/**
 * Returns the messages that an event adds to the trajectory: thoughts, texts and tool calls of the model, and results of its
 * tools.
 */
export function* messagesOf({
  type,
  message: sentMessage,
  ...event
}: ClaudeEvent): Generator<TrajectoryMessage> {
  const blocks = listBlocks(sentMessage?.content);
  const subagent = event.parent_tool_use_id ?? undefined;
  if (type === 'assistant') {
    const spokenText = getText(blocks, 'text');
    const reasoning_content = getText(blocks, 'thinking');
    const calls = blocks.filter((block) => block.type === 'tool_use');
    if (spokenText === '' && reasoning_content === '' && calls.length === 0) return;
    const tool_calls = calls.map(({ id = '', name = '', input }) => ({ id, name, arguments: input }));
    yield message('assistant', spokenText, {
      tool_calls,
      reasoning_content,
      subagent,
      response_id: sentMessage?.id,
    });
  }
  if (type === 'user')
    for (const { type, content, tool_use_id: tool_call_id } of blocks)
      if (type === 'tool_result') {
        const result = typeof content === 'string' ? content : getText(listBlocks(content), 'text');
        yield message('tool', result, { tool_call_id, subagent });
      }
}

function listBlocks(content: unknown): readonly Block[] {
  const isBlock = (block: unknown): block is Block => typeof block === 'object' && block !== null;
  return Array.isArray(content) ? content.filter(isBlock) : [];
}

function getText(blocks: readonly Block[], kind: 'text' | 'thinking'): string {
  return blocks.flatMap((block) => (block.type === kind ? [String(block[kind] ?? '')] : [])).join('\n');
}
