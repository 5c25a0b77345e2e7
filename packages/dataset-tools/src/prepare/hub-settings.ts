import { ConfigError } from '@cooperbench/core/errors';

/** The name of the public dataset on the Hub. */
export const publicDataset = 'CodeConflict/cooperbench-dataset';

export interface HubSettings {
  /** A URL without a trailing slash. */
  readonly endpoint: string;
  /** Sent only to the endpoint, and never shown. */
  readonly token: string | undefined;
}

/**
 * Reads `HF_ENDPOINT` and `HF_TOKEN`. An endpoint that `.env` names does not get the token of the environment.
 * @param dotEnv names of the variables that `.env` set. @throws ConfigError `HUB_ENDPOINT`, `HUB_TOKEN`; neither message
 * contains the value.
 */
export function buildHubSettings(
  environment: NodeJS.ProcessEnv,
  dotEnv: readonly string[] = [],
): HubSettings {
  if (environment.HF_TOKEN?.trim() && dotEnv.includes('HF_ENDPOINT') && !dotEnv.includes('HF_TOKEN'))
    throw new ConfigError(
      'HUB_TOKEN',
      'HF_ENDPOINT comes from .env, so CooperBench does not send the HF_TOKEN of your environment there.',
      {
        hint: 'Set HF_ENDPOINT in the environment if you trust it, or unset HF_TOKEN: the dataset is public.',
      },
    );
  return { endpoint: getEndpoint(environment.HF_ENDPOINT), token: findToken(environment.HF_TOKEN) };
}

function getEndpoint(text = ''): string {
  const url = URL.parse(text.trim() || 'https://huggingface.co');
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError('HUB_ENDPOINT', 'HF_ENDPOINT is not an http or https URL.', {
      hint: 'Set it to a URL such as https://huggingface.co, or unset it.',
    });
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ConfigError('HUB_ENDPOINT', 'HF_ENDPOINT must not contain a user, a password, ? or #.', {
      hint: 'Set it to the plain URL; set HF_TOKEN to the token.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

function findToken(text = ''): string | undefined {
  const token = text.trim();
  if (token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ConfigError('HUB_TOKEN', 'HF_TOKEN contains characters that no token has.', {
    hint: 'Set it to the token alone, or unset it: the dataset is public.',
  });
}
