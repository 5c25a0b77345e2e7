import { expect, test } from 'vitest';
import { interpretRefusal, type Meaning, refusals } from './refusals.ts';
import { retryAfterMs } from './retry-after.ts';

const error = (message: string, code?: string): string =>
  JSON.stringify({ error: { message, code, type: code } });

/** Answers as providers gave them. */
const seen: readonly (readonly [string, number, string, Meaning | undefined])[] = [
  [
    'anthropic',
    400,
    error('Your credit balance is too low to access the Anthropic API.', 'invalid_request_error'),
    'credit',
  ],
  ['anthropic', 400, error('messages: Input should be a valid list', 'invalid_request_error'), undefined],
  [
    'anthropic',
    400,
    error('prompt is too long: 200001 tokens > 200000 maximum', 'invalid_request_error'),
    'context',
  ],
  ['anthropic', 401, error('invalid x-api-key', 'authentication_error'), 'key'],
  ['anthropic', 429, error('This request would exceed your rate limit', 'rate_limit_error'), 'rate'],
  ['anthropic', 529, error('Overloaded', 'overloaded_error'), 'overloaded'],
  ['openai', 429, error('You exceeded your current quota.', 'insufficient_quota'), 'credit'],
  ['openai', 429, '{"error":{"type":"billing_error","code":"project_spend_limit_exceeded"}}', 'credit'],
  [
    'anthropic',
    429,
    '{"error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}',
    'credit',
  ],
  ['openai', 429, error('Rate limit reached for gpt-4o', 'rate_limit_exceeded'), 'rate'],
  [
    'openai',
    429,
    error('Request too large for gpt-4o on tokens per min (TPM): Limit 30000', 'tokens'),
    'context',
  ],
  [
    'openai',
    400,
    error("This model's maximum context length is 4097 tokens.", 'context_length_exceeded'),
    'context',
  ],
  ['openai', 404, error('The model does not exist', 'model_not_found'), 'model'],
  ['openai', 503, error('The server is overloaded'), 'overloaded'],
  ['gemini', 400, '{"error":{"code":400,"details":[{"reason":"API_KEY_INVALID"}]}}', 'key'],
  ['gemini', 429, error('Your prepayment credits are depleted.', 'RESOURCE_EXHAUSTED'), 'credit'],
  [
    'gemini',
    429,
    error('You exceeded your current quota, please check your plan', 'RESOURCE_EXHAUSTED'),
    'rate',
  ],
  [
    'vertex_ai',
    400,
    error('The input token count (1048577) exceeds the maximum number of tokens allowed'),
    'context',
  ],
  ['openrouter', 402, error('This request requires more credits, or fewer max_tokens.'), 'credit'],
  ['openrouter', 403, error('Your input was flagged'), 'content'],
  ['litellm_proxy', 400, error('AnthropicException - Your credit balance is too low'), 'credit'],
  ['litellm_proxy', 403, error('INVALID_PAYMENT_INSTRUMENT'), 'credit'],
  ['litellm_proxy', 400, error('Input is too long for requested model.'), 'context'],
  [
    'hosted_vllm',
    400,
    error("This model's maximum context length is 8192 tokens. However, you requested 9000"),
    'context',
  ],
  ['hosted_vllm', 400, error('max_tokens must be at least 1, got -186.'), 'context'],
  ['deepseek', 402, error('Insufficient Balance'), 'credit'],
  ['groq', 413, error('Request too large for model'), 'context'],
  ['xai', 418, error('odd'), undefined],
];

test.for(seen)('%s, HTTP %i: %s means %s', ([provider, status, body, meaning]) => {
  expect(interpretRefusal(provider, status, body)).toBe(meaning);
});

test('a text that quotes the refusal of another provider does not have its meaning', () => {
  expect(interpretRefusal('openai', 400, error('Your credit balance is too low'))).toBeUndefined();
  expect(interpretRefusal('anthropic', 500, error('Your credit balance is too low'))).toBe('overloaded');
});

test('every source is a public page, and no row hides a later one', () => {
  const key = ({ provider, status, reason, text }: (typeof refusals)[number]): string =>
    `${provider} ${status} ${reason} ${text}`;
  expect(new Set(refusals.map(key)).size).toBe(refusals.length);
  for (const { seen } of refusals) if (seen !== undefined) expect(new URL(seen).protocol).toBe('https:');
});

test('a wait is what the headers ask for, or else what Google says in the body', () => {
  expect(retryAfterMs({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
  expect(retryAfterMs({ 'retry-after': '9' })).toBe(9000);
  expect(retryAfterMs({}, '{"error":{"details":[{"retryDelay": "34.5s"}]}}')).toBe(34_500);
  expect(retryAfterMs({}, '{}')).toBeUndefined();
});
