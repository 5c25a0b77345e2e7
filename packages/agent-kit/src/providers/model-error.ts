import { AgentError } from '@cooperbench/core';
import { createRefusal, findMessageIn, refusedBy } from './refusal.ts';
import { interpretRefusal } from './refusals.ts';
import { type Environment, resolveModel } from './resolve.ts';

/**
 * Builds the error for a provider's HTTP status and body. `AGENT_AUTHENTICATION`, `AGENT_QUOTA` and `AGENT_MODEL` stop the run,
 * because every further request would fail; `AGENT_MODEL_UNAVAILABLE` loses the seat. Returns undefined when the agent's own
 * request is at fault, such as one that is too long. Keep the key out of `body`.
 *
 * @example
 * const error = toModelError(response.status, await response.text(), context.model);
 * if (error) throw error;
 */
export function toModelError(
  status: number,
  body: string,
  modelId: string,
  env: Environment = process.env,
): AgentError | undefined {
  const model = resolveModel(modelId, env);
  const meaning = interpretRefusal(model.provider, status, body);
  const providerMessage = `${(findMessageIn(body) ?? body).slice(0, 500)} (HTTP ${status})`;
  const refusalReason = meaning && refusedBy[meaning];
  if (refusalReason)
    return createRefusal(refusalReason, { model, variables: model.row.keys }, providerMessage);
  if (meaning !== 'rate' && meaning !== 'overloaded') return undefined;
  return new AgentError(
    'AGENT_MODEL_UNAVAILABLE',
    `The model ${modelId} did not answer: ${providerMessage}`,
    {
      hint: 'Run the same command again later, or lower --concurrency.',
    },
  );
}
