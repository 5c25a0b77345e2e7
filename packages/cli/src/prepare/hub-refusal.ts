import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { HubSettings } from './hub-settings.ts';
import { askedWaitMs, Passing } from './patience.ts';

/** What a request was about. */
export interface Asked {
  readonly dataset: string;
  readonly revision: string;
}

const again = 'Repeat the command later: what has been downloaded is kept.';

/** What an answer other than 2xx means: Passing, or an error to throw. */
export function refusal(response: Response, hub: HubSettings, asked: Asked): Error {
  const { status } = response;
  const elsewhere = new URL(response.url).origin !== new URL(hub.endpoint).origin;
  if (status === 429 || status === 408 || status >= 500 || elsewhere) {
    const from = elsewhere ? `The storage of ${hub.endpoint}` : hub.endpoint;
    const error = new CooperBenchError('HUB_UNAVAILABLE', `${from} answered ${status}.`, {
      hint:
        status === 429 && hub.token === undefined ? `${again} With HF_TOKEN set the limit is higher.` : again,
    });
    return new Passing(error, askedWaitMs(response.headers));
  }
  if (status === 401 || status === 403) return noAccess(status, hub, asked);
  const code = response.headers.get('x-error-code');
  if (status === 404 && code === 'RevisionNotFound') {
    return new ConfigError('HUB_REVISION', `${asked.dataset} has no revision "${asked.revision}".`, {
      hint: 'Name a branch, a tag or a commit with --revision.',
    });
  }
  if (status === 404 && code !== 'EntryNotFound') {
    return new ConfigError('HUB_NOT_FOUND', `There is no dataset ${asked.dataset} at ${hub.endpoint}.`, {
      hint: 'Check HF_ENDPOINT.',
    });
  }
  return misunderstood(hub, `status ${status} for ${new URL(response.url).pathname}`);
}

function noAccess(status: number, { endpoint, token }: HubSettings, { dataset }: Asked): Error {
  if (token === undefined) {
    return new ConfigError('HUB_TOKEN_MISSING', `${endpoint} shows ${dataset} to known accounts only.`, {
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

/** A request that got no answer, or half of one. */
export function lost({ endpoint }: HubSettings, cause: unknown): Passing {
  const { cause: deeper } = cause as { cause?: NodeJS.ErrnoException };
  const reason = deeper?.code ?? deeper?.message ?? (cause as Error).message;
  return new Passing(
    new CooperBenchError('HUB_UNREACHABLE', `${endpoint} cannot be reached: ${reason}`, {
      hint: `Check the network and HF_ENDPOINT. ${again}`,
      cause,
    }),
  );
}

/** An answer that is not the Hub's. */
export function misunderstood({ endpoint }: HubSettings, what: string): CooperBenchError {
  return new CooperBenchError(
    'HUB_RESPONSE',
    `${endpoint} does not answer as the Hugging Face Hub does: ${what}`,
    {
      hint: 'Check HF_ENDPOINT, and that nothing between here and there answers in its place.',
    },
  );
}
