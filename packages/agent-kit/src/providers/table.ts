/** The client of the AI SDK that calls a provider. */
export type Protocol = 'openai' | 'anthropic' | 'gemini' | 'vertex' | 'openai-compatible';

/** The kinds of providers that serve an API of models. Servers that the user chooses may serve several. */
export const apis: Readonly<Record<'anthropic' | 'openai' | 'gemini', readonly Protocol[]>> = {
  anthropic: ['anthropic', 'openai-compatible'],
  openai: ['openai', 'openai-compatible'],
  gemini: ['gemini'],
};

/** A provider of models. Names and variables are those of LiteLLM. */
export interface ProviderRow {
  readonly protocol: Protocol;
  /** Environment variables for its key. The first one that is set counts. */
  readonly keys: readonly string[];
  /** The provider works without a key. */
  readonly keyless?: true;
  /** Environment variables that replace its address. */
  readonly baseUrls: readonly string[];
  /** Its API accepts a `seed`. The APIs of other providers refuse or ignore it. */
  readonly takesSeed?: true;
  /** Its own address. If it is absent, the user must set the address. */
  readonly baseUrl?: string;
  /** The path that is added to an address without a path. */
  readonly path: string;
  /** Its name in the price data. If it is absent, the server's owner sets the price. */
  readonly prices?: string;
  /** The prefix that is added to a model name without a slash. */
  readonly modelPrefix?: string;
}

const compatible = { protocol: 'openai-compatible', path: '/v1' } as const;

const createHostedRow = (
  keys: readonly string[],
  baseUrls: readonly string[],
  baseUrl: string,
  prices: string,
): ProviderRow => ({ ...compatible, keys, baseUrls, baseUrl, prices });

const ownServer = (keys: readonly string[], baseUrls: readonly string[], baseUrl?: string): ProviderRow => ({
  ...compatible,
  keyless: true,
  keys,
  baseUrls,
  ...(baseUrl !== undefined && { baseUrl }),
});

const ollama: ProviderRow = {
  ...ownServer(['OLLAMA_API_KEY'], ['OLLAMA_API_BASE'], 'http://localhost:11434'),
  takesSeed: true,
};

/** Providers by the part of a model id before the first slash. */
// biome-ignore format: a table
export const providers: Readonly<Record<string, ProviderRow>> = {
  openai: {
    protocol: 'openai', keys: ['OPENAI_API_KEY'], baseUrls: ['OPENAI_BASE_URL', 'OPENAI_API_BASE'],
    baseUrl: 'https://api.openai.com/v1', path: '/v1', prices: 'openai', takesSeed: true,
  },
  anthropic: {
    protocol: 'anthropic', keys: ['ANTHROPIC_API_KEY'], baseUrls: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_BASE'],
    baseUrl: 'https://api.anthropic.com/v1', path: '/v1', prices: 'anthropic',
  },
  gemini: {
    protocol: 'gemini', keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], baseUrls: ['GEMINI_API_BASE'],
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta', path: '/v1beta', prices: 'google',
    takesSeed: true,
  },
  // google-cloud.ts resolves credentials and project.
  vertex_ai: {
    protocol: 'vertex', keys: [], baseUrls: ['VERTEXAI_API_BASE'], path: '', prices: 'google', takesSeed: true,
  },
  openrouter: {
    ...createHostedRow(['OPENROUTER_API_KEY'], ['OPENROUTER_API_BASE'], 'https://openrouter.ai/api/v1', 'openrouter'),
    takesSeed: true,
  },
  together_ai: {
    ...createHostedRow(
      ['TOGETHERAI_API_KEY', 'TOGETHER_API_KEY', 'TOGETHER_AI_TOKEN'], ['TOGETHERAI_API_BASE'],
      'https://api.together.xyz/v1', 'together',
    ),
    takesSeed: true,
  },
  fireworks_ai: {
    ...createHostedRow(
      ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY'], ['FIREWORKS_API_BASE'],
      'https://api.fireworks.ai/inference/v1', 'fireworks',
    ),
    modelPrefix: 'accounts/fireworks/models/',
  },
  groq: {
    ...createHostedRow(['GROQ_API_KEY'], ['GROQ_API_BASE'], 'https://api.groq.com/openai/v1', 'groq'),
    takesSeed: true,
  },
  deepseek: createHostedRow(['DEEPSEEK_API_KEY'], ['DEEPSEEK_API_BASE'], 'https://api.deepseek.com/v1', 'deepseek'),
  mistral: createHostedRow(['MISTRAL_API_KEY'], ['MISTRAL_API_BASE'], 'https://api.mistral.ai/v1', 'mistral'),
  xai: { ...createHostedRow(['XAI_API_KEY'], ['XAI_API_BASE'], 'https://api.x.ai/v1', 'x-ai'), takesSeed: true },
  ollama,
  ollama_chat: ollama,
  hosted_vllm: { ...ownServer(['HOSTED_VLLM_API_KEY'], ['HOSTED_VLLM_API_BASE']), takesSeed: true },
  litellm_proxy: ownServer(['LITELLM_PROXY_API_KEY'], ['LITELLM_PROXY_API_BASE']),
};
