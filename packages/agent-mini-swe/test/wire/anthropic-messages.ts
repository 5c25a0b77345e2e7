import { usage, type Wire } from './wire.ts';

const cacheWrite = 100;

interface Block {
  readonly type: string;
  readonly content?: unknown;
}

/** Anthropic's messages; on Vertex AI the model is in the path. Input tokens exclude the cached ones here. */
export const anthropicMessages: Wire = {
  call: (name, input) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'served',
    content: [
      { type: 'text', text: 'Looking.' },
      { type: 'tool_use', id: 'toolu_1', name, input },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: {
      input_tokens: usage.input - usage.cacheRead - cacheWrite,
      cache_read_input_tokens: usage.cacheRead,
      cache_creation_input_tokens: cacheWrite,
      output_tokens: usage.output,
    },
  }),
  failure: (_status, message) => ({ type: 'error', error: { type: 'api_error', message } }),
  read: ({ body, path }) => ({
    model: body.model ?? /models\/([^:]+):/.exec(path)?.[1],
    system: body.system?.[0]?.text,
    tools: body.tools.map((tool: { name: string }) => tool.name),
    results: body.messages
      .flatMap((message: { content: Block[] }) => message.content)
      .filter((block: Block) => block.type === 'tool_result')
      .map((block: Block) =>
        typeof block.content === 'string' ? block.content : JSON.stringify(block.content),
      ),
    streaming: body.stream === true,
  }),
};
