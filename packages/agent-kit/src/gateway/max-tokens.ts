import type { FormatName, Json } from './formats.ts';

/** Assumed of a request that does not say how long its answer may be: the longest that models of OpenAI and Anthropic give. */
const longestAnswer = 128_000;

/** A shorter limit is refused: OpenAI demands 16. */
const shortestAnswer = 16;
/** Anthropic demands this many tokens for thinking. */
const shortestThinking = 1024;

const keys: Readonly<Record<FormatName, readonly string[]>> = {
  anthropic: ['max_tokens'],
  responses: ['max_output_tokens'],
  chat: ['max_completion_tokens', 'max_tokens'],
  gemini: ['maxOutputTokens'],
};

const holderOf = (format: FormatName, body: Json): Json =>
  format === 'gemini' ? (body.generationConfig ?? {}) : body;

const answerKeys: Readonly<Partial<Record<FormatName, string>>> = { chat: 'n', gemini: 'candidateCount' };

/** How many answers the request asks for. Each may be as long as the limit. */
function countAnswers(format: FormatName, body: Json): number {
  return holderOf(format, body)[answerKeys[format] ?? ''] || 1;
}

/** The first number of answers or limit of tokens that is not a whole number. Some servers read `"8"` as 8. */
export function invalidCount(format: FormatName, body: Json): string | undefined {
  const holder = holderOf(format, body);
  return [...keys[format], answerKeys[format] ?? ''].find((key) => {
    const value = holder[key] ?? 0;
    return !Number.isSafeInteger(value) || value < 0;
  });
}

/** The fewest tokens that a provider lets a request be limited to. */
export function minOutputTokens(format: FormatName, body: Json): number {
  return countAnswers(format, body) * shortestAnswer;
}

/** The most tokens that the answer to a request can have. */
export function maxOutputTokens(format: FormatName, body: Json): number {
  const holder = holderOf(format, body);
  const stated = keys[format].map((key) => holder[key]).filter((value) => value > 0);
  return countAnswers(format, body) * (stated.length > 0 ? Math.max(...stated) : longestAnswer);
}

/** Limits the answer to a request to this many tokens. False: it cannot be so short. */
export function limitOutputTokens(format: FormatName, body: Json, tokens: number): boolean {
  const most = Math.floor(tokens / countAnswers(format, body));
  if (most < shortestAnswer) return false;
  if (format === 'gemini') body.generationConfig = holderOf(format, body);
  const holder = holderOf(format, body);
  const stated = keys[format].filter((key) => holder[key] > 0);
  for (const key of stated.length > 0 ? stated : keys[format].slice(0, 1))
    holder[key] = Math.min(most, holder[key] ?? most);
  if (format === 'anthropic') shortenThinking(body, most);
  return true;
}

/** Anthropic refuses a request that may think longer than it may answer. */
function shortenThinking(body: Json, most: number): void {
  if (!(body.thinking?.budget_tokens >= most)) return;
  if (most > shortestThinking) body.thinking.budget_tokens = shortestThinking;
  else delete body.thinking;
}
