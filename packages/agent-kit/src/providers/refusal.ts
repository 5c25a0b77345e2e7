import { AgentError } from '@cooperbench/core';
import type { ModelPlan } from './plan.ts';
import type { Meaning } from './refusals.ts';

/** A reason why a provider refuses every request for a model. */
export type RefusalReason = 'credentials' | 'account' | 'model';

/** The meanings of an error answer after which every further request fails. */
export const refusedBy: Partial<Record<Meaning, RefusalReason>> = {
  ...{ key: 'credentials', credit: 'account', model: 'model' },
};

/**
 * Creates the error when a provider refuses every request. It stops the run. `said` is the provider's message, without the
 * key.
 */
export function createRefusal(
  refusalReason: RefusalReason,
  { model, variables }: Pick<ModelPlan, 'model' | 'variables'>,
  providerMessage: string,
): AgentError {
  const { id, provider } = model;
  switch (refusalReason) {
    case 'credentials':
      return new AgentError(
        'AGENT_AUTHENTICATION',
        `${provider} refused the credentials for ${id}: ${providerMessage}`,
        {
          scope: 'run',
          hint: `Set ${variables.join(' or ')} to a valid key that may use this model.`,
        },
      );
    case 'account':
      return new AgentError(
        'AGENT_QUOTA',
        `${provider} refused ${id} because the account has no credit left: ${providerMessage}`,
        {
          scope: 'run',
          hint: 'Add credit at the provider and run the same command again: finished trials are kept.',
        },
      );
    case 'model':
      return new AgentError('AGENT_MODEL', `${provider} refused the model ${id}: ${providerMessage}`, {
        scope: 'run',
        hint: 'Check --model, --base-url, and the model settings in --agent-config.',
      });
  }
}

/** Finds the message in the body of an error answer: `{ error: { message } }` or one of its variants. */
export function findMessageIn(body: string = ''): string | undefined {
  try {
    // Google's endpoints may wrap the answer in an array.
    const { error, message, detail } = [JSON.parse(body)].flat()[0];
    return [error?.message, message, detail, error].find((text) => typeof text === 'string' && text !== '');
  } catch {
    return undefined;
  }
}
