import { ConfigError } from '@cooperbench/core/errors';

/** Where the public dataset is. */
export const publicDataset = 'CodeConflict/cooperbench-dataset';

export interface HubSettings {
  /** Without a final slash. */
  readonly endpoint: string;
  /** Sent to the endpoint alone; never shown. */
  readonly token: string | undefined;
}

/** From `HF_ENDPOINT` and `HF_TOKEN`. @throws ConfigError `HUB_ENDPOINT`, `HUB_TOKEN`; neither shows what it is about. */
export function hubSettings(environment: NodeJS.ProcessEnv): HubSettings {
  return { endpoint: endpointOf(environment.HF_ENDPOINT), token: tokenOf(environment.HF_TOKEN) };
}

function endpointOf(text = ''): string {
  const url = URL.parse(text.trim() || 'https://huggingface.co');
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError('HUB_ENDPOINT', 'HF_ENDPOINT is not an http or https address.', {
      hint: 'Write for example https://huggingface.co, or unset it.',
    });
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new ConfigError('HUB_ENDPOINT', 'HF_ENDPOINT holds more than an address.', {
      hint: 'Leave out user, password, ? and #; a token goes into HF_TOKEN.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

function tokenOf(text = ''): string | undefined {
  const token = text.trim();
  if (token === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new ConfigError('HUB_TOKEN', 'HF_TOKEN holds characters that are in no token.', {
    hint: 'Set it to the token alone, or unset it: the dataset is public.',
  });
}
