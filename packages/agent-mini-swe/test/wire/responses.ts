import { usage, type Wire } from './wire.ts';

/** OpenAI's Responses API. */
export const responses: Wire = {
  call: (name, input) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'served',
    status: 'completed',
    output: [
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Looking.', annotations: [] }],
      },
      {
        type: 'function_call',
        id: 'fc_1',
        call_id: 'call_1',
        name,
        arguments: JSON.stringify(input),
        status: 'completed',
      },
    ],
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cacheRead },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    },
  }),
  failure: (_status, message) => ({ error: { message, type: 'server_error', code: null, param: null } }),
  read: ({ body }) => ({
    model: body.model,
    system: body.input.find((item: { role?: string }) => /system|developer/.test(item.role ?? ''))?.content,
    tools: body.tools.map((tool: { name: string }) => tool.name),
    results: body.input
      .filter((item: { type?: string }) => item.type === 'function_call_output')
      .map((item: { output: string }) => item.output),
    streaming: body.stream === true,
  }),
};
