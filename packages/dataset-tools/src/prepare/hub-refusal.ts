import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { HubSettings } from './hub-settings.ts';
import { findRequestedWaitMs, TemporaryFailure } from './retry.ts';

/** The dataset and the revision that a request is about. */
export interface DatasetRef {
  readonly dataset: string;
  readonly revision: string;
}

const retryHint = 'Repeat the command later: complete files are kept.';

/** Explains an answer whose status is not 2xx. */
export function createRefusal(
  response: Response,
  hub: HubSettings,
  { dataset, revision }: DatasetRef,
): Error {
  const { status, headers } = response;
  const { endpoint, token } = hub;
  const isOtherHost = new URL(response.url).origin !== new URL(endpoint).origin;
  if (status === 429 || status === 408 || status >= 500 || isOtherHost) {
    const from = isOtherHost ? `The storage of ${endpoint}` : endpoint;
    const hint =
      status === 429 && token === undefined ? `${retryHint} HF_TOKEN raises the limit.` : retryHint;
    const error = new CooperBenchError('HUB_UNAVAILABLE', `${from} answered ${status}.`, { hint });
    return new TemporaryFailure(error, findRequestedWaitMs(headers));
  }
  if (status === 401 || status === 403) return createNoAccessError(status, hub, dataset);
  const code = headers.get('x-error-code');
  if (status === 404 && code === 'RevisionNotFound') {
    return new ConfigError('HUB_REVISION', `${dataset} has no revision "${revision}".`, {
      hint: 'Name a branch, a tag or a commit with --revision.',
    });
  }
  if (status === 404 && code !== 'EntryNotFound') {
    return new ConfigError('HUB_NOT_FOUND', `${endpoint} has no dataset ${dataset}.`, {
      hint: 'Check HF_ENDPOINT.',
    });
  }
  return createInvalidResponseError(hub, `status ${status} for ${new URL(response.url).pathname}`);
}

function createNoAccessError(status: number, { endpoint, token }: HubSettings, dataset: string): Error {
  if (token === undefined) {
    return new ConfigError('HUB_TOKEN_MISSING', `${endpoint} requires an account for ${dataset}.`, {
      hint: 'Set HF_TOKEN to a token that may read it.',
    });
  }
  if (status === 401) {
    return new ConfigError('HUB_TOKEN_REFUSED', `${endpoint} refused the token in HF_TOKEN.`, {
      hint: 'It may have expired: set another, or unset HF_TOKEN.',
    });
  }
  return new ConfigError('HUB_NO_ACCESS', `The token in HF_TOKEN may not read ${dataset}.`, {
    hint: `Ask for access at ${endpoint}/datasets/${dataset}, or set a token that has it.`,
  });
}

/** Explains a request without an answer, or with an incomplete one. */
export function createConnectionLostError({ endpoint }: HubSettings, cause: unknown): TemporaryFailure {
  const { cause: deeper } = cause as { cause?: NodeJS.ErrnoException };
  const reason = deeper?.code ?? deeper?.message ?? (cause as Error).message;
  return new TemporaryFailure(
    new CooperBenchError('HUB_UNREACHABLE', `${endpoint} cannot be reached: ${reason}`, {
      hint: `Check the network and HF_ENDPOINT. ${retryHint}`,
      cause,
    }),
  );
}

/** Creates the error for an answer that does not come from a Hub. */
export function createInvalidResponseError({ endpoint }: HubSettings, problem: string): CooperBenchError {
  const message = `Unexpected response from the Hugging Face Hub at ${endpoint}: ${problem}`;
  return new CooperBenchError('HUB_RESPONSE', message, {
    hint: 'Check HF_ENDPOINT, and whether a proxy answers in its place.',
  });
}
