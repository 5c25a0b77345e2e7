import { usage, type Wire } from './wire.ts';

/** OpenAI's chat completions, which most others speak as well. */
export const chatCompletions: Wire = {
  call: (name, input) => chatAnswer(name, JSON.stringify(input)),
  failure: (_status, message) => ({ error: { message, type: 'server_error', code: null, param: null } }),
  read: ({ body }) => ({
    model: body.model,
    system: body.messages.find((message: { role: string }) => /system|developer/.test(message.role))?.content,
    tools: body.tools.map((tool: { function: { name: string } }) => tool.function.name),
    results: body.messages
      .filter((message: { role: string }) => message.role === 'tool')
      .map((message: { content: string }) => message.content),
    streaming: body.stream === true,
  }),
};

/** An answer whose arguments are as given, JSON or not. */
export function chatAnswer(name: string, args: string): unknown {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'served',
    choices: [
      {
        index: 0,
        finish_reason: 'tool_calls',
        message: {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [{ id: 'call_1', type: 'function', function: { name, arguments: args } }],
        },
      },
    ],
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cacheRead },
    },
  };
}
