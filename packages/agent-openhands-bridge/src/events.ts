import { message } from '@cooperbench/agent-kit';
import type { TrajectoryMessage } from '@cooperbench/core';

/** An event of a conversation, with the fields that are read here. Each may be missing. */
export interface ServerEvent {
  readonly kind?: string;
  readonly id?: string;
  readonly source?: string;
  /** The provider's id of the model's answer. */
  readonly llm_response_id?: string | null;
  /** Set on an event that follows a call. */
  readonly tool_call_id?: string;
  /** Set on an ActionEvent. */
  readonly reasoning_content?: string | null;
  readonly thought?: unknown;
  readonly tool_call?: { readonly id?: string; readonly name?: string; readonly arguments?: string };
  /** Set on an ObservationEvent. */
  readonly observation?: { readonly content?: unknown };
  /** Set on a MessageEvent. */
  readonly llm_message?: { readonly content?: unknown; readonly reasoning_content?: string | null };
  /** Set on an AgentErrorEvent. */
  readonly error?: unknown;
  /** Set on a ConversationErrorEvent. */
  readonly code?: unknown;
  readonly detail?: unknown;
  /** Set on a ConversationStateUpdateEvent. */
  readonly key?: unknown;
  readonly value?: unknown;
}

/**
 * Returns the messages that an event adds to the trajectory: thoughts, texts and tool calls of the model, and results of its
 * tools. Leaves out messages of users, because the adapter records what it sends.
 */
export function* messagesOf(event: ServerEvent): Generator<TrajectoryMessage> {
  const { kind, source, thought, tool_call: call, observation, llm_message: llmMessage } = event;
  const response_id = event.llm_response_id ?? undefined;
  const { tool_call_id } = event;
  if (kind === 'ActionEvent')
    yield message('assistant', getText(thought), {
      tool_calls: [
        { id: String(call?.id), name: String(call?.name), arguments: parseArguments(call?.arguments) },
      ],
      reasoning_content: event.reasoning_content ?? undefined,
      response_id,
    });
  if (kind === 'ObservationEvent') yield message('tool', getText(observation?.content), { tool_call_id });
  if (kind === 'AgentErrorEvent') yield message('tool', String(event.error), { tool_call_id });
  if (kind === 'MessageEvent' && source !== 'user') {
    const reasoning_content = llmMessage?.reasoning_content ?? undefined;
    const role = source === 'agent' ? 'assistant' : 'user';
    yield message(
      role,
      getText(llmMessage?.content),
      role === 'user' ? {} : { reasoning_content, response_id },
    );
  }
}

/** Finds why the conversation could not continue. Returns undefined if the event does not say. */
export function findFailureIn({ kind, code, detail }: ServerEvent): string | undefined {
  return kind === 'ConversationErrorEvent' ? `${code}: ${detail}`.slice(0, 2000) : undefined;
}

function getText(content: unknown): string {
  const texts = Array.isArray(content) ? content.map((part: { text?: unknown } | null) => part?.text) : [];
  return texts.filter((text) => typeof text === 'string').join('\n');
}

/** Arguments as the model wrote them, when they are not JSON. */
function parseArguments(text: string | undefined): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return text;
  }
}
