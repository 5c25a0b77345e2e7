import { type ProviderFaults, providerFaults } from '@cooperbench/backend-kit';
import { getMessage } from '@cooperbench/core';

const limited = {
  code: 'MODAL_LIMIT',
  message: 'Modal has reached a limit of the workspace',
  hint: 'Lower --concurrency, or raise the limit in the workspace settings on modal.com.',
};

/** Modal's errors carry gRPC's codes and words. Those of its SDK have only a name. */
export const faults: ProviderFaults = providerFaults({
  denied: {
    code: 'MODAL_TOKEN',
    message: 'Modal refused the token',
    hint: 'Run cooperbench config modal to see which token is used and how to get another.',
  },
  limited,
  unreachable: {
    code: 'MODAL_UNREACHABLE',
    message: 'Modal does not answer',
    hint: 'Check the network and status.modal.com, then repeat the command.',
  },
  refused: { code: 'MODAL_REFUSED', message: 'Modal refused' },
  messageFrom: extractMessage,
  known(error) {
    const { name, retryAfterMs } = error as Error & { readonly retryAfterMs?: number };
    if (name !== 'ResourceExhaustedError' && retryAfterMs === undefined) return undefined;
    // Only a limit of a rate names a wait.
    const capacity = retryAfterMs === undefined ? {} : { retryAfterMs, isRate: true };
    return { ...limited, message: `${limited.message}: ${extractMessage(error)}`, capacity };
  },
  mayPass: (error) =>
    ['TimeoutError', 'ConflictError', 'InternalFailure'].includes((error as Error).name) ||
    /terminated due to external shut-down/.test(extractMessage(error)),
});

function extractMessage(error: unknown): string {
  const { details } = error as { details?: unknown };
  return (typeof details === 'string' && details ? details : getMessage(error)).trim();
}
