import type { SandboxWork } from '@cooperbench/agent-kit';
import type { Protocol } from '@cooperbench/agent-kit/providers';

/** The kinds of providers that LiteLLM calls. */
export const protocols: readonly Protocol[] = ['openai', 'anthropic', 'gemini', 'openai-compatible'];

/** How LiteLLM calls the model of the seat at its gateway. */
export interface LitellmModel {
  readonly model: string;
  readonly api_base: string;
  readonly api_key: string;
}

export function buildLitellmModel({ plan, modelUrl, gateway }: SandboxWork): LitellmModel {
  const { row, name } = plan.model;
  const createModel = (provider: string, path: string): LitellmModel => ({
    model: `${provider}/${name}`,
    api_base: `${modelUrl}${path}`,
    api_key: gateway.token,
  });
  if (row.protocol === 'anthropic') return createModel('anthropic', '');
  if (row.protocol === 'gemini') return createModel('gemini', '/v1beta');
  return createModel('openai', '/v1');
}
