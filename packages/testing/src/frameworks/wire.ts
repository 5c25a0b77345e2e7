// This file has more than 250 lines, because it is one wire format after another.
import { type FormatName, formats, type Json } from '@cooperbench/agent-kit';

/** An answer of a scripted model. */
export interface ScriptedReply {
  readonly text?: string;
  /** The reasoning of the model, with a signature where the format has one. */
  readonly reasoning?: string;
  /** `namespace`: that of the tool, which only OpenAI's responses have. */
  readonly toolCalls?: readonly {
    readonly name: string;
    readonly arguments: Json;
    readonly namespace?: string;
  }[];
  /** `input` includes all cached tokens. Only Anthropic's format has `cacheWrite`. Default: 100 and 10, nothing cached. */
  readonly usage?: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead?: number;
    readonly cacheWrite?: number;
  };
}

interface Wire {
  /** Returns the whole answer. */
  answer(reply: Required<ScriptedReply>, n: number): Json;
  /** The same as events: `[name, data]`. */
  events(reply: Required<ScriptedReply>, n: number): readonly (readonly [string | undefined, Json])[];
}

/** The signature of an answer's reasoning, or its encrypted content. */
export const reasoningSignature = 'c2lnbmVk';

const callId = (n: number, index: number): string => `call_${n}_${index}`;

function buildAnthropicUsage({ usage }: Required<ScriptedReply>) {
  const { input, output, cacheRead = 0, cacheWrite = 0 } = usage;
  return {
    input_tokens: input - cacheRead - cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: output,
  };
}

const anthropic: Wire = {
  answer: (reply, n) => ({
    id: `msg_${n}`,
    type: 'message',
    role: 'assistant',
    model: 'scripted',
    content: [
      ...(reply.reasoning === ''
        ? []
        : [{ type: 'thinking', thinking: reply.reasoning, signature: reasoningSignature }]),
      ...(reply.text === '' ? [] : [{ type: 'text', text: reply.text }]),
      ...reply.toolCalls.map((call, index) => ({
        type: 'tool_use',
        id: callId(n, index),
        name: call.name,
        input: call.arguments,
      })),
    ],
    stop_reason: reply.toolCalls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: buildAnthropicUsage(reply),
  }),
  events(reply, n) {
    const { content, stop_reason, usage, ...message } = anthropic.answer(reply, n);
    const blocks = content.flatMap((block: Json, index: number) => {
      const [start, ...deltas] = buildStreamedBlock(block);
      return [
        { type: 'content_block_start', index, content_block: start },
        ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
        { type: 'content_block_stop', index },
      ];
    });
    return [
      {
        type: 'message_start',
        message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
      },
      ...blocks,
      {
        type: 'message_delta',
        delta: { stop_reason, stop_sequence: null },
        usage: { output_tokens: usage.output_tokens },
      },
      { type: 'message_stop' },
    ].map((event) => [event.type, event] as const);
  },
};

/** Returns the start of a block of an answer, and the deltas that add its content. */
function buildStreamedBlock(block: Json): [start: Json, ...deltas: Json[]] {
  const { text, thinking, signature, input } = block;
  if (block.type === 'text')
    return [
      { ...block, text: '' },
      { type: 'text_delta', text },
    ];
  if (block.type === 'tool_use')
    return [
      { ...block, input: {} },
      { type: 'input_json_delta', partial_json: JSON.stringify(input) },
    ];
  const start = { ...block, thinking: '', signature: '' };
  return [start, { type: 'thinking_delta', thinking }, { type: 'signature_delta', signature }];
}

const responses: Wire = {
  answer: (reply, n) => ({
    id: `resp_${n}`,
    object: 'response',
    created_at: 1_700_000_000,
    model: 'scripted',
    status: 'completed',
    output: [
      ...(reply.reasoning === ''
        ? []
        : [
            {
              type: 'reasoning',
              id: `rs_${n}`,
              summary: [{ type: 'summary_text', text: reply.reasoning }],
              encrypted_content: reasoningSignature,
            },
          ]),
      ...(reply.text === ''
        ? []
        : [
            {
              type: 'message',
              id: `msg_${n}`,
              role: 'assistant',
              status: 'completed',
              content: [{ type: 'output_text', text: reply.text, annotations: [] }],
            },
          ]),
      ...reply.toolCalls.map((call, index) => ({
        type: 'function_call',
        id: `fc_${n}_${index}`,
        call_id: callId(n, index),
        name: call.name,
        ...(call.namespace !== undefined && { namespace: call.namespace }),
        arguments: JSON.stringify(call.arguments),
        status: 'completed',
      })),
    ],
    usage: {
      input_tokens: reply.usage.input,
      input_tokens_details: { cached_tokens: reply.usage.cacheRead ?? 0 },
      output_tokens: reply.usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: reply.usage.input + reply.usage.output,
    },
  }),
  events(reply, n) {
    const response = responses.answer(reply, n);
    return [
      {
        type: 'response.created',
        response: { ...response, status: 'in_progress', output: [], usage: null },
      },
      ...response.output.flatMap((item: Json, output_index: number) => [
        { type: 'response.output_item.added', output_index, item },
        { type: 'response.output_item.done', output_index, item },
      ]),
      { type: 'response.completed', response },
    ].map((event) => [event.type, event] as const);
  },
};

const listChatCalls = (reply: Required<ScriptedReply>, n: number) =>
  reply.toolCalls.map((call, index) => ({
    index,
    id: callId(n, index),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));

const buildChatHead = (n: number, object: string) => ({
  id: `chatcmpl-${n}`,
  object,
  created: 1_700_000_000,
  model: 'scripted',
});

const findChatText = ({ text, reasoning }: Required<ScriptedReply>) => ({
  role: 'assistant',
  content: text,
  ...(reasoning !== '' && { reasoning_content: reasoning }),
});

const buildChatUsage = ({ usage: { input, output, cacheRead = 0 } }: Required<ScriptedReply>) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cacheRead },
});

const chat: Wire = {
  answer(reply, n) {
    const tool_calls = listChatCalls(reply, n).map(({ index: _, ...call }) => call);
    const calls = tool_calls.length > 0;
    return {
      ...buildChatHead(n, 'chat.completion'),
      choices: [
        {
          index: 0,
          finish_reason: calls ? 'tool_calls' : 'stop',
          message: { ...findChatText(reply), ...(calls && { tool_calls }) },
        },
      ],
      usage: buildChatUsage(reply),
    };
  },
  events(reply, n) {
    const tool_calls = listChatCalls(reply, n);
    const calls = tool_calls.length > 0;
    const chunk = (delta: Json, finish_reason: string | null): Json => ({
      ...buildChatHead(n, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, finish_reason }],
    });
    return [
      chunk({ ...findChatText(reply), ...(calls && { tool_calls }) }, null),
      chunk({}, calls ? 'tool_calls' : 'stop'),
      { ...buildChatHead(n, 'chat.completion.chunk'), choices: [], usage: buildChatUsage(reply) },
      '[DONE]',
    ].map((event) => [undefined, event] as const);
  },
};

const gemini: Wire = {
  answer: (reply, n) => ({
    candidates: [
      {
        index: 0,
        finishReason: 'STOP',
        content: {
          role: 'model',
          parts: [
            ...(reply.reasoning === '' ? [] : [{ text: reply.reasoning, thought: true }]),
            ...(reply.text === '' ? [] : [{ text: reply.text }]),
            ...reply.toolCalls.map((call) => ({
              functionCall: { name: call.name, args: call.arguments },
              ...(reply.reasoning !== '' && { thoughtSignature: reasoningSignature }),
            })),
          ],
        },
      },
    ],
    usageMetadata: {
      promptTokenCount: reply.usage.input,
      cachedContentTokenCount: reply.usage.cacheRead ?? 0,
      candidatesTokenCount: reply.usage.output,
      totalTokenCount: reply.usage.input + reply.usage.output,
    },
    modelVersion: 'scripted',
    responseId: `response-${n}`,
  }),
  events: (reply, n) => [[undefined, gemini.answer(reply, n)]],
};

export const wires: Readonly<Record<FormatName, Wire>> = { anthropic, responses, chat, gemini };

/** Returns the answer with defaults for everything that a script may leave out. */
export function buildWholeReply(reply: ScriptedReply): Required<ScriptedReply> {
  return { text: '', reasoning: '', toolCalls: [], usage: { input: 100, output: 10 }, ...reply };
}

/** Returns the body of an answer, for a test with its own server. */
export function scriptedAnswer(format: FormatName, reply: ScriptedReply): Json {
  return wires[format].answer(buildWholeReply(reply), 1);
}

/** Returns the body of an error. */
export function scriptedFailure(format: FormatName, status: number, message: string): Json {
  return formats.find(({ name }) => name === format)?.error(status, message);
}
