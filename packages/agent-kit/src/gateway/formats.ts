import type { ModelUsage } from '@cooperbench/core';

export type FormatName = 'anthropic' | 'responses' | 'chat' | 'gemini';
export type TokenCounts = Omit<ModelUsage, 'costUsd' | 'estimated'>;

/** A JSON value from a provider or from hostile code. It may have any shape. */
// biome-ignore lint/suspicious/noExplicitAny: every format looks for its own keys
export type Json = any;

/** A wire format that frameworks use to call a model. */
export interface Format {
  readonly name: FormatName;
  /** The allowed paths, below the address of the provider. If the path contains the model, it is the first group. */
  readonly answers: RegExp;
  /** Paths that count tokens and cost nothing. */
  readonly counts?: RegExp;
  /** Returns the header that carries the key. */
  authorization(key: string): Readonly<Record<string, string>>;
  /** Changes a request so that the provider reports usage. */
  prepare?(body: Json): void;
  /**
   * Returns the usage in an answer or in one event of a stream. Later values replace earlier ones. `invalid`: no usage is like
   * that.
   */
  usage(message: Json): Partial<TokenCounts> | 'invalid' | undefined;
  /** Whether the usage in this message is that of the whole answer. If it is absent, any usage is. */
  isFinal?(message: Json): boolean;
  /** Returns the texts of the model in an event of a stream. They say how much was streamed of an answer that broke off. */
  texts(event: Json): readonly unknown[];
  error(status: number, message: string): Json;
  /** The smallest request that the model answers. */
  readonly smallest: {
    readonly body: Json;
    readonly headers?: Readonly<Record<string, string>>;
    path(model: string): string;
  };
}

const greeting = { role: 'user', content: 'Hi' };

const buildBearerHeader = (key: string) => ({ authorization: `Bearer ${key}` });

const openAiError = (_status: number, message: string): Json => ({
  error: { message, type: 'invalid_request_error', param: null, code: null },
});

export const formats: readonly Format[] = [
  {
    name: 'anthropic',
    answers: /^\/messages$/,
    counts: /^\/messages\/count_tokens$/,
    authorization: (key) => ({ 'x-api-key': key }),
    usage(message) {
      const usage = message?.usage ?? message?.message?.usage;
      if (!usage) return undefined;
      const [cacheReadTokens, cacheWriteTokens] = [
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
      ];
      return checkCounts({
        // Anthropic does not count cached tokens as input tokens.
        inputTokens: sum(usage.input_tokens, cacheReadTokens, cacheWriteTokens),
        outputTokens: usage.output_tokens,
        cacheReadTokens,
        cacheWriteTokens,
      });
    },
    // The first event of a stream has usage as well, but counts no output yet.
    isFinal: ({ type }) => type !== 'message_start',
    texts: ({ delta }) => [delta?.text, delta?.thinking, delta?.partial_json],
    error: (_status, message) => ({ type: 'error', error: { type: 'invalid_request_error', message } }),
    smallest: {
      path: () => '/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      body: { max_tokens: 1, messages: [greeting] },
    },
  },
  {
    name: 'responses',
    answers: /^\/responses$/,
    authorization: buildBearerHeader,
    usage(message) {
      const usage = message?.usage ?? message?.response?.usage;
      return usage
        ? checkCounts({
            inputTokens: usage.input_tokens,
            outputTokens: usage.output_tokens,
            cacheReadTokens: usage.input_tokens_details?.cached_tokens,
          })
        : undefined;
    },
    texts: ({ delta }) => [delta],
    error: openAiError,
    // OpenAI does not allow a smaller limit.
    smallest: { path: () => '/responses', body: { input: 'Hi', max_output_tokens: 16 } },
  },
  {
    name: 'chat',
    answers: /^\/chat\/completions$/,
    authorization: buildBearerHeader,
    prepare(body) {
      if (body.stream === true) body.stream_options = { ...body.stream_options, include_usage: true };
    },
    usage({ usage }) {
      return usage
        ? checkCounts({
            inputTokens: usage.prompt_tokens,
            outputTokens: usage.completion_tokens,
            // DeepSeek and OpenRouter use their own names.
            cacheReadTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens,
            cacheWriteTokens: usage.prompt_tokens_details?.cache_write_tokens,
          })
        : undefined;
    },
    texts: ({ choices }) =>
      [choices ?? []]
        .flat()
        .flatMap(({ delta }) => [
          ...[delta?.content, delta?.reasoning_content, delta?.reasoning],
          ...[delta?.tool_calls ?? []].flat().map((call: Json) => call?.function?.arguments),
        ]),
    error: openAiError,
    smallest: { path: () => '/chat/completions', body: { messages: [greeting] } },
  },
  {
    name: 'gemini',
    answers: /^\/models\/([^/:]+):(?:generateContent|streamGenerateContent)$/,
    counts: /^\/models\/([^/:]+):countTokens$/,
    authorization: (key) => ({ 'x-goog-api-key': key }),
    usage(message) {
      // Without `alt=sse`, a stream is one JSON array.
      const usage = [message].flat().findLast((part) => part?.usageMetadata)?.usageMetadata;
      return usage
        ? checkCounts({
            inputTokens: usage.promptTokenCount,
            // It is absent when the model said nothing.
            outputTokens: sum(usage.candidatesTokenCount, usage.thoughtsTokenCount) ?? 0,
            cacheReadTokens: usage.cachedContentTokenCount,
          })
        : undefined;
    },
    texts: ({ candidates }) =>
      [candidates ?? []]
        .flat()
        .flatMap(({ content }) => [content?.parts ?? []].flat())
        .map(({ text, functionCall }) => text ?? (functionCall && JSON.stringify(functionCall))),
    error: (status, message) => ({ error: { code: status, message, status: 'FAILED_PRECONDITION' } }),
    smallest: {
      path: (model) => `/models/${model}:generateContent`,
      body: {
        contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
        generationConfig: { maxOutputTokens: 1 },
      },
    },
  },
];

/** Returns undefined if none of the values is stated. NaN: one of them is no number. */
function sum(...values: readonly unknown[]): number | undefined {
  const presentValues = values.filter((value) => value !== undefined && value !== null);
  if (presentValues.length === 0) return undefined;
  return presentValues.reduce<number>(
    (total, value) => total + (typeof value === 'number' ? value : Number.NaN),
    0,
  );
}

function checkCounts(
  counts: { readonly [Key in keyof TokenCounts]?: unknown },
): Partial<TokenCounts> | 'invalid' {
  const presentEntries = Object.entries(counts).filter(([, value]) => value !== undefined && value !== null);
  const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
  return presentEntries.every(([, value]) => isCount(value)) ? Object.fromEntries(presentEntries) : 'invalid';
}
