import { scriptedAnswer, scriptedFailure } from '@cooperbench/testing/frameworks';
import type { SeenRequest } from './model-server.test.support.ts';

/** A request, in terms common to all providers. */
interface ReadRequest {
  readonly model: string | undefined;
  readonly system: string | undefined;
  readonly tools: readonly string[];
  /** The texts of tool results in the history. */
  readonly results: readonly string[];
  readonly streaming: boolean;
}

/** One provider's wire format, from the server's side. All answers report the same usage, as far as the format can. */
export interface Wire {
  /** An answer that calls a tool. */
  // biome-ignore lint/suspicious/noExplicitAny: every provider has its own form, and the tests change it
  call(name: string, input: Readonly<Record<string, unknown>>): any;
  failure(status: number, message: string): unknown;
  read(request: SeenRequest): ReadRequest;
}

const usage = { input: 1000, cacheRead: 400, cacheWrite: 100, output: 50 };

function wire(format: Parameters<typeof scriptedAnswer>[0], read: Wire['read']): Wire {
  return {
    call: (name, input) =>
      scriptedAnswer(format, { text: 'Looking.', toolCalls: [{ name, arguments: input }], usage }),
    failure: (status, message) => scriptedFailure(format, status, message),
    read,
  };
}

interface Block {
  readonly type: string;
  readonly content?: unknown;
}

/** Anthropic's messages; on Vertex AI the model is in the path. */
export const anthropicMessages = wire('anthropic', ({ body, path }) => ({
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
}));

/** OpenAI's chat completions, which most others speak as well. */
export const chatCompletions = wire('chat', ({ body }) => ({
  model: body.model,
  system: body.messages.find((message: { role: string }) => /system|developer/.test(message.role))?.content,
  tools: body.tools.map((tool: { function: { name: string } }) => tool.function.name),
  results: body.messages
    .filter((message: { role: string }) => message.role === 'tool')
    .map((message: { content: string }) => message.content),
  streaming: body.stream === true,
}));

/** OpenAI's Responses API. */
export const responses = wire('responses', ({ body }) => ({
  model: body.model,
  system: body.input.find((item: { role?: string }) => /system|developer/.test(item.role ?? ''))?.content,
  tools: body.tools.map((tool: { name: string }) => tool.name),
  results: body.input
    .filter((item: { type?: string }) => item.type === 'function_call_output')
    .map((item: { output: string }) => item.output),
  streaming: body.stream === true,
}));

interface Part {
  readonly functionResponse?: { readonly response: { readonly content: string } };
}

/** Google's generateContent, of the Gemini API and of Vertex AI. The model is in the path. */
export const generateContent = wire('gemini', ({ body, path }) => ({
  model: /models\/([^:]+):/.exec(path)?.[1],
  system: body.systemInstruction?.parts[0]?.text,
  tools: body.tools.functionDeclarations?.map((tool: { name: string }) => tool.name) ?? [
    ...body.tools.flatMap((tool: { functionDeclarations: { name: string }[] }) =>
      tool.functionDeclarations.map(({ name }) => name),
    ),
  ],
  results: body.contents
    .flatMap((content: { parts: Part[] }) => content.parts)
    .flatMap((part: Part) => (part.functionResponse ? [part.functionResponse.response.content] : [])),
  streaming: path.includes('stream'),
}));
