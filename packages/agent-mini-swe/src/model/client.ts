import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelPlan } from '@cooperbench/agent-kit/providers';
import { limitAnswer } from '@cooperbench/core';
import { EnvHttpProxyAgent, fetch as fetchWith } from 'undici';
import type { AgentConfig } from '../config/load.ts';

type Fetch = typeof globalThis.fetch;

/** Returns the provider's own client. Imports the SDK of that provider only. */
export async function openClient(
  plan: ModelPlan,
  api: AgentConfig['model']['api'],
): Promise<LanguageModelV4> {
  const { model, endpoint } = plan;
  const { key: apiKey = '', baseUrl: baseURL } = endpoint;
  const fetch = createBoundedFetch();
  const options = { apiKey, fetch, ...(baseURL !== undefined && { baseURL }) };
  switch (model.row.protocol) {
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      const kind = openAiApi(model.name, api);
      const settings = kind === 'chat' ? { ...options, fetch: withChoices(fetch) } : options;
      return createOpenAI(settings)[kind](model.name.replace(responsesPrefix, ''));
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic(options)(model.name);
    }
    case 'gemini': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle(options)(model.name);
    }
    case 'vertex':
      return createVertexClient(plan, fetch);
    case 'openai-compatible': {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      const key = endpoint.key === undefined ? {} : { apiKey };
      const settings = { name: model.provider, baseURL: baseURL ?? '', fetch: withChoices(fetch), ...key };
      return createOpenAICompatible(settings)(model.name);
    }
  }
}

/** The finish reason that stands for an answer without choices. */
export const noChoices = 'no_choices';

/**
 * Gives an answer that has `usage` but no `choices` an empty one. OpenAI's clients fail on it and lose the usage, which
 * the provider charges for.
 */
function withChoices(fetch: Fetch): Fetch {
  return async (...request) => {
    const response = await fetch(...request);
    if (!response.ok) return response;
    const { status, statusText, headers } = response;
    const text = await response.text();
    const answer = parseBody(text);
    const usable = !answer?.usage || [answer.choices ?? []].flat().length > 0;
    const empty = { index: 0, message: { role: 'assistant', content: '' }, finish_reason: noChoices };
    const body = usable ? text : JSON.stringify({ ...answer, choices: [empty] });
    return new Response(body, { status, statusText, headers: [...headers] });
  };
}

function parseBody(
  text: string,
): { readonly usage?: unknown; readonly choices?: unknown } | null | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The built-in fetch gives up when no answer has begun after five minutes, and an answer that is not streamed begins when
 * the model is done. `openModel` bounds each call instead. HTTP_PROXY, HTTPS_PROXY and NO_PROXY apply. The body of an answer
 * fails at `maxAnswerBytes`, uncompressed.
 */
function createBoundedFetch(): Fetch {
  const dispatcher = new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0 });
  const fetch = async (input: string, init: object): Promise<Response> => {
    const { body, status, statusText, headers } = await fetchWith(input, { ...init, dispatcher });
    const bounded = body && ReadableStream.from(limitAnswer<Uint8Array>(body));
    return new Response(bounded, { status, statusText, headers: [...headers] });
  };
  return fetch as Fetch;
}

const responsesPrefix = /^responses\//;
/** Models that OpenAI serves on the Responses API only. */
const responsesOnly = /(^|-)codex(-|$)|-pro(-|$)|deep-research/;

/** Chat completions, which every proxy speaks, unless the model needs the Responses API or the user asks for it. */
export function openAiApi(name: string, api: AgentConfig['model']['api']): 'chat' | 'responses' {
  if (responsesPrefix.test(name)) return 'responses';
  return api ?? (responsesOnly.test(name) ? 'responses' : 'chat');
}

/**
 * Gemini or Claude on Vertex AI, with Application Default Credentials. A key of the user's, which is for a proxy in front of
 * Vertex AI, replaces Google's token.
 */
async function createVertexClient(
  { model, endpoint, vertex }: ModelPlan,
  fetch: Fetch,
): Promise<LanguageModelV4> {
  const { name } = model;
  const claude = name.startsWith('claude');
  const { project = '', location = 'global' } = vertex ?? {};
  const place = `projects/${project}/locations/${location}/publishers`;
  const path = claude ? `v1/${place}/anthropic/models` : `v1beta1/${place}/google`;
  const { key: token, baseUrl } = endpoint;
  const hasPath = baseUrl !== undefined && new URL(baseUrl).pathname !== '/';
  const settings = {
    project,
    location,
    fetch,
    ...(baseUrl !== undefined && { baseURL: hasPath ? baseUrl : `${baseUrl}/${path}` }),
    // google-auth-library calls no other method of a client.
    ...(token !== undefined && {
      googleAuthOptions: { authClient: { getAccessToken: async () => ({ token }) } as never },
    }),
  };
  if (claude) {
    const { createGoogleVertexAnthropic } = await import('@ai-sdk/google-vertex/anthropic');
    return createGoogleVertexAnthropic(settings)(name);
  }
  const { createGoogleVertex } = await import('@ai-sdk/google-vertex');
  return createGoogleVertex(settings)(name);
}
