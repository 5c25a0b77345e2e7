/** The meaning of a provider's error answer for the caller. */
export type Meaning =
  /** The key, or its account, may not use the model. The run stops. */
  | 'key'
  /** The account has no credit. The run stops. */
  | 'credit'
  /** The provider does not have the model, or the URL belongs to another service. The run stops. */
  | 'model'
  /** Too many requests or tokens a minute. */
  | 'rate'
  /** The provider fails. */
  | 'overloaded'
  /** The request is too long: the agent's doing. */
  | 'context'
  /** The provider does not answer a request of this content: the agent's doing. */
  | 'content';

export interface RefusalRow {
  /** A name of `providers`, or `any`. */
  readonly provider: string;
  /** An HTTP status, or the first digit of some: `5xx`. */
  readonly status: number | `${number}xx`;
  /** The `type`, `code`, `status` or `reason` in the body. If it is absent, any of them matches. */
  readonly reason?: string;
  /** If it is absent, any text matches. */
  readonly text?: RegExp;
  readonly meaning: Meaning;
  /** The public page that documents or shows it. If it is absent, no page was found that does. */
  readonly seen?: string;
}

const anthropicErrors = 'https://platform.claude.com/docs/en/api/errors';
const openAiErrors = 'https://developers.openai.com/api/docs/guides/error-codes';
const geminiErrors = 'https://ai.google.dev/gemini-api/docs/generate-content/api-errors';
const openRouterErrors = 'https://openrouter.ai/docs/api/reference/errors-and-debugging';
const bedrockErrors =
  'https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html';
const http = 'https://www.rfc-editor.org/rfc/rfc9110#name-status-codes';

/**
 * Error answers whose meaning is known. The first row that matches counts, of those of the model's provider and of `any`. Proxies
 * pass on the errors of other providers, so all rows apply to `litellm_proxy` and `hosted_vllm`.
 */
// biome-ignore format: a table
export const refusals: readonly RefusalRow[] = [
  { provider: 'anthropic', status: 400, text: /credit balance is too low/i, meaning: 'credit', seen: 'https://github.com/anthropics/claude-code/issues/66314' },
  { provider: 'anthropic', status: 400, text: /reached your specified API usage limits/i, meaning: 'credit', seen: 'https://github.com/anthropics/claude-code/issues/38035' },
  { provider: 'anthropic', status: 429, reason: 'enforced_spend_limit_reached', meaning: 'credit', seen: 'https://learn.microsoft.com/es-es/microsoft-cloud/dev/dev-proxy/concepts/anthropic-529-overloaded-error' },
  { provider: 'anthropic', status: 400, text: /prompt is too long|input length and `max_tokens` exceed/i, meaning: 'context', seen: 'https://github.com/boto/botocore/issues/3707' },
  { provider: 'anthropic', status: 400, text: /content filtering policy/i, meaning: 'content' },
  { provider: 'anthropic', status: 402, reason: 'billing_error', meaning: 'credit', seen: anthropicErrors },
  { provider: 'anthropic', status: 413, reason: 'request_too_large', meaning: 'context', seen: anthropicErrors },
  { provider: 'anthropic', status: 529, reason: 'overloaded_error', meaning: 'overloaded', seen: anthropicErrors },

  { provider: 'openai', status: 429, reason: 'insufficient_quota', meaning: 'credit', seen: openAiErrors },
  { provider: 'openai', status: 429, text: /"(credit_balance_exhausted|(organization|project)_spend_limit_exceeded|organization_usage_limit_exceeded)"/, meaning: 'credit', seen: 'https://dev.to/sublynow/your-openai-api-429-is-not-always-a-rate-limit-reading-insufficientquota-by-errorcode-1mbl' },
  { provider: 'openai', status: 429, reason: 'billing_not_active', meaning: 'credit' },
  { provider: 'openai', status: 400, reason: 'billing_hard_limit_reached', meaning: 'credit', seen: 'https://github.com/dfinke/PowerShellAI/issues/127' },
  { provider: 'openai', status: 403, reason: 'unsupported_country_region_territory', meaning: 'key', seen: openAiErrors },
  { provider: 'openai', status: 400, reason: 'context_length_exceeded', meaning: 'context', seen: 'https://github.com/rahul2002m/ChatPDF/issues/6' },
  { provider: 'openai', status: 429, text: /request too large for/i, meaning: 'context', seen: 'https://platform.openai.com/docs/guides/rate-limits' },
  { provider: 'openai', status: 400, reason: 'content_policy_violation', meaning: 'content' },
  { provider: 'openai', status: 400, reason: 'model_not_found', meaning: 'model' },

  { provider: 'gemini', status: 400, reason: 'API_KEY_INVALID', meaning: 'key', seen: 'https://www.developersdigest.tech/errors/api/gemini-api' },
  { provider: 'gemini', status: 429, text: /credits are depleted/i, meaning: 'credit', seen: 'https://github.com/JeffOtano/roni/pull/125' },
  { provider: 'gemini', status: 400, text: /enable billing/i, meaning: 'credit', seen: geminiErrors },
  { provider: 'gemini', status: 403, text: /billing/i, meaning: 'credit' },
  { provider: 'gemini', status: 400, text: /input token count .*exceeds the maximum/i, meaning: 'context', seen: 'https://github.com/arkavo-org/arkavo-edge/issues/371' },
  { provider: 'gemini', status: 429, reason: 'RESOURCE_EXHAUSTED', meaning: 'rate', seen: 'https://github.com/google-gemini/gemini-cli/issues/2020' },
  { provider: 'gemini', status: 503, reason: 'UNAVAILABLE', meaning: 'overloaded', seen: geminiErrors },

  { provider: 'openrouter', status: 402, meaning: 'credit', seen: openRouterErrors },
  { provider: 'openrouter', status: 403, text: /key limit exceeded/i, meaning: 'credit' },
  { provider: 'openrouter', status: 403, text: /flagged|moderation/i, meaning: 'content', seen: openRouterErrors },
  { provider: 'openrouter', status: 400, text: /not a valid model id/i, meaning: 'model', seen: 'https://github.com/OpenRouterTeam/openrouter-examples/issues/74' },
  { provider: 'openrouter', status: 502, meaning: 'overloaded', seen: openRouterErrors },

  { provider: 'bedrock', status: 400, text: /input is too long for requested model/i, meaning: 'context', seen: 'https://github.com/aws-samples/assessment-generator/issues/2' },
  { provider: 'bedrock', status: 429, reason: 'ThrottlingException', meaning: 'rate', seen: 'https://github.com/aws-samples/well-architected-iac-analyzer/issues/25' },
  { provider: 'bedrock', status: 403, text: /INVALID_PAYMENT_INSTRUMENT/, meaning: 'credit' },
  { provider: 'bedrock', status: 403, reason: 'AccessDeniedException', meaning: 'key', seen: bedrockErrors },
  { provider: 'bedrock', status: 424, reason: 'ModelErrorException', meaning: 'overloaded' },

  { provider: 'hosted_vllm', status: 400, text: /maximum context length|max_tokens must be at least 1, got -/i, meaning: 'context', seen: 'https://github.com/vllm-project/vllm/issues/20409' },
  { provider: 'hosted_vllm', status: 404, reason: 'NotFoundError', meaning: 'model', seen: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html' },

  { provider: 'deepseek', status: 402, meaning: 'credit', seen: 'https://api-docs.deepseek.com/quick_start/error_codes' },
  { provider: 'groq', status: 413, meaning: 'context', seen: 'https://console.groq.com/docs/errors' },
  { provider: 'groq', status: 498, meaning: 'overloaded', seen: 'https://console.groq.com/docs/flex-processing' },

  // Many providers speak OpenAI's protocol, with its codes.
  { provider: 'any', status: 429, reason: 'insufficient_quota', meaning: 'credit', seen: openAiErrors },
  { provider: 'any', status: 400, reason: 'context_length_exceeded', meaning: 'context', seen: 'https://github.com/rahul2002m/ChatPDF/issues/6' },
  { provider: 'any', status: 400, text: /maximum context length|context length exceeded|context window|too many tokens/i, meaning: 'context', seen: 'https://github.com/evalstate/fast-agent/issues/621' },
  { provider: 'any', status: 400, reason: 'model_not_found', meaning: 'model' },
  { provider: 'any', status: 400, reason: 'invalid_model', meaning: 'model', seen: 'https://github.com/mistralai/mistral-vibe/issues/617' },
  { provider: 'any', status: 400, reason: 'model_not_available', meaning: 'model', seen: 'https://github.com/HeyPuter/puter/issues/3168' },
  { provider: 'any', status: 401, meaning: 'key', seen: http },
  { provider: 'any', status: 402, meaning: 'credit', seen: http },
  { provider: 'any', status: 403, meaning: 'key', seen: http },
  { provider: 'any', status: 404, meaning: 'model', seen: http },
  { provider: 'any', status: 413, meaning: 'context', seen: http },
  { provider: 'any', status: 408, meaning: 'overloaded', seen: http },
  { provider: 'any', status: 409, meaning: 'overloaded', seen: 'https://github.com/openai/openai-python#retries' },
  { provider: 'any', status: 425, meaning: 'overloaded', seen: http },
  { provider: 'any', status: 429, meaning: 'rate', seen: 'https://www.rfc-editor.org/rfc/rfc6585#section-4' },
  { provider: 'any', status: '5xx', meaning: 'overloaded', seen: http },
];

/** Providers whose errors may be those of others: proxies and servers that anybody runs, and a cloud with models of others. */
const passedOn: Readonly<Record<string, readonly string[]>> = {
  vertex_ai: ['gemini', 'anthropic'],
  litellm_proxy: [...new Set(refusals.map((row) => row.provider))],
  hosted_vllm: [...new Set(refusals.map((row) => row.provider))],
};

/** Returns the meaning of an error answer. Returns undefined if it is about this request, and another may succeed. */
export function interpretRefusal(provider: string, status: number, body: string): Meaning | undefined {
  const matchesRow = (row: RefusalRow): boolean =>
    (row.status === status || row.status === `${Math.floor(status / 100)}xx`) &&
    (row.reason === undefined || body.includes(`"${row.reason}"`)) &&
    (row.text === undefined || row.text.test(body));
  const names = [provider, ...(passedOn[provider] ?? []), 'any'];
  return refusals.filter((row) => names.includes(row.provider)).find(matchesRow)?.meaning;
}
