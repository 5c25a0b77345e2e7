import type { ResolvedModel } from '../providers/resolve.ts';
import type { FormatName, Json } from './formats.ts';
import type { Failure } from './refusal.ts';

/** Assumed of a request that does not say how long its answer may be: the longest that models of OpenAI and Anthropic give. */
const longestAnswer = 128_000;

/** A shorter limit is refused: OpenAI demands 16. */
const shortestAnswer = 16;
/** Every model gives answers of this many tokens. */
const everyModelGives = 1024;
/** Anthropic demands this many tokens for thinking. */
const shortestThinking = 1024;

const keys: Readonly<Record<FormatName, readonly string[]>> = {
  anthropic: ['max_tokens'],
  responses: ['max_output_tokens'],
  chat: ['max_tokens', 'max_completion_tokens'],
  gemini: ['maxOutputTokens'],
};

/**
 * Returns the key of a limit that is added. OpenAI refuses `max_tokens` of models that think. Other providers of its format
 * take it, and some refuse or ignore the newer key: https://docs.mistral.ai/api,
 * https://api-docs.deepseek.com/api/create-chat-completion
 */
function getAddedKey(format: FormatName, { row }: Pick<ResolvedModel, 'row'>): string {
  const isOpenAi = format === 'chat' && row.protocol === 'openai';
  return isOpenAi ? 'max_completion_tokens' : (keys[format][0] as string);
}

const holderOf = (format: FormatName, body: Json): Json =>
  format === 'gemini' ? (body.generationConfig ?? {}) : body;

const answerKeys: Readonly<Partial<Record<FormatName, string>>> = { chat: 'n', gemini: 'candidateCount' };

/** Returns how many answers the request asks for. Each may be as long as the limit. */
function countAnswers(format: FormatName, body: Json): number {
  return holderOf(format, body)[answerKeys[format] ?? ''] || 1;
}

/** Finds the first number of answers or limit of tokens that is not a whole number. Some servers read `"8"` as 8. */
export function findInvalidCount(format: FormatName, body: Json): string | undefined {
  const holder = holderOf(format, body);
  return [...keys[format], answerKeys[format] ?? ''].find((key) => {
    const value = holder[key] ?? 0;
    return !Number.isSafeInteger(value) || value < 0;
  });
}

/** Computes the fewest tokens that a provider lets a request be limited to. */
export function computeMinOutputTokens(format: FormatName, body: Json): number {
  return countAnswers(format, body) * shortestAnswer;
}

/** Computes the most tokens that the answer to a request can have. */
export function computeMaxOutputTokens(format: FormatName, body: Json): number {
  const holder = holderOf(format, body);
  const presentLimits = keys[format].map((key) => holder[key]).filter((value) => value > 0);
  return countAnswers(format, body) * (presentLimits.length > 0 ? Math.max(...presentLimits) : longestAnswer);
}

/** Returns whether the request itself limits its answer. */
export function statesLimit(format: FormatName, body: Json): boolean {
  return keys[format].some((key) => holderOf(format, body)[key] > 0);
}

/** Limits the answer to a request to this many tokens. Returns false if it cannot be so short. */
export function limitOutputTokens(
  format: FormatName,
  body: Json,
  tokens: number,
  model: Pick<ResolvedModel, 'row'>,
): boolean {
  const maxTokens = Math.floor(tokens / countAnswers(format, body));
  if (maxTokens < shortestAnswer) return false;
  if (format === 'gemini') body.generationConfig = holderOf(format, body);
  const holder = holderOf(format, body);
  const presentKeys = keys[format].filter((key) => holder[key] > 0);
  for (const key of presentKeys.length > 0 ? presentKeys : [getAddedKey(format, model)])
    holder[key] = Math.min(maxTokens, holder[key] ?? maxTokens);
  if (format === 'anthropic') shortenThinking(body, maxTokens);
  return true;
}

/**
 * Finds the next limit to try when the provider refuses a request because of the one that was added. Returns undefined if the
 * request is refused for another reason. The longest answer of a model, and the room in its context, are known to the provider
 * alone. A refused request costs nothing, and every limit that is tried can be paid for.
 */
export function findShorterLimit(
  format: FormatName,
  body: Json,
  { status, meaning }: Failure,
): number | undefined {
  const mayBeLimit = (status === 400 || status === 422) && (meaning === undefined || meaning === 'context');
  const tokens = computeMaxOutputTokens(format, body);
  const isLong = tokens > everyModelGives * countAnswers(format, body);
  return mayBeLimit && isLong ? Math.floor(tokens / 2) : undefined;
}

/** Anthropic refuses a request that may think longer than it may answer. */
function shortenThinking(body: Json, maxTokens: number): void {
  if (!(body.thinking?.budget_tokens >= maxTokens)) return;
  if (maxTokens > shortestThinking) body.thinking.budget_tokens = shortestThinking;
  else delete body.thinking;
}
