import type {
  LanguageModelV4Content as Content,
  LanguageModelV4Message as Message,
  LanguageModelV4Prompt as Prompt,
} from '@ai-sdk/provider';
import { parseArguments } from '../shell/bash-call.ts';
import type { ToolResult, Turn } from './chat-model.ts';

type AssistantPart = Extract<Message, { role: 'assistant' }>['content'][number];

/** Only Anthropic's clients read it. The other providers cache by themselves. */
const cacheBreakpoint = { anthropic: { cacheControl: { type: 'ephemeral' } } };

/**
 * Returns a conversation in the AI SDK's form. The system prompt and the last two turns that are not the model's carry cache
 * breakpoints, so that each call of a long loop reads what the previous call wrote.
 */
export function toPrompt(turns: readonly Turn[]): Prompt {
  const prompt = turns.map(toMessage);
  const system = prompt.filter(({ role }) => role === 'system');
  const input = prompt.filter(({ role }) => role === 'user' || role === 'tool');
  const cachedMessages = new Set([...system, ...input.slice(-2)]);
  return prompt.map((message) =>
    cachedMessages.has(message) ? { ...message, providerOptions: cacheBreakpoint } : message,
  );
}

function toMessage(turn: Turn): Message {
  switch (turn.role) {
    case 'system':
      return { role: 'system', content: turn.text };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: turn.text }] };
    case 'assistant':
      return { role: 'assistant', content: listAssistantParts(turn) };
    case 'tool':
      return { role: 'tool', content: turn.results.map(toResult) };
  }
}

/** Lists the provider's own parts with their signatures and reasoning. Providers reject a turn without content. */
function listAssistantParts(turn: Extract<Turn, { role: 'assistant' }>): AssistantPart[] {
  const native = (turn.native ?? []) as Content[];
  const parts = native.flatMap((part): AssistantPart[] => {
    const providerMetadata = 'providerMetadata' in part && part.providerMetadata;
    const providerOptions = providerMetadata ? { providerOptions: providerMetadata } : {};
    if (part.type === 'text' && (part.text !== '' || providerMetadata))
      return [{ type: 'text', text: part.text, ...providerOptions }];
    if (part.type === 'reasoning') return [{ type: 'reasoning', text: part.text, ...providerOptions }];
    if (part.type !== 'tool-call') return [];
    const { type, toolCallId, toolName, input } = part;
    return [
      { type, toolCallId, toolName: toValidName(toolName), input: toObject(input), ...providerOptions },
    ];
  });
  const hasContent = parts.some((part) => part.type !== 'reasoning');
  return hasContent ? parts : [...parts, { type: 'text', text: turn.text || '(no answer)' }];
}

function toResult(result: ToolResult): Extract<Message, { role: 'tool' }>['content'][number] {
  return {
    type: 'tool-result',
    toolCallId: result.id,
    toolName: toValidName(result.name),
    output: { type: result.malformed ? 'error-text' : 'text', value: result.text },
  };
}

/** Providers reject a history whose arguments are not an object, even when their own model wrote them. */
function toObject(input: string): Record<string, unknown> {
  return parseArguments(input) ?? { not_json: input };
}

function toValidName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'unnamed';
}
