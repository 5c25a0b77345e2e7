import {
  ConfigError,
  listKeyVariables,
  type ModelAccess,
  type ModelEndpoint,
  resolveModelEndpoint,
} from '@cooperbench/core';
import type { Environment, ResolvedModel } from './resolve.ts';

/**
 * Finds the address and the key of a model, from `--base-url` and the environment.
 * @throws the errors of `resolveModelEndpoint`; ConfigError `MODEL_KEY_MISSING`, `MODEL_KEY_INVALID`, `MODEL_BASE_URL_MISSING`,
 * `MODEL_BASE_URL`.
 */
export function resolveEndpoint(
  model: ResolvedModel,
  env: Environment,
  access: Pick<ModelAccess, 'baseUrl' | 'chosenByProject'>,
): ModelEndpoint {
  const { row } = model;
  const onVertex = row.protocol === 'vertex';
  const sources = {
    ...{ keys: row.keys, addresses: row.baseUrls, address: row.baseUrl },
    ...(onVertex && { otherCredentials: 'your Google Cloud credentials' }),
  };
  const endpoint = resolveModelEndpoint({ ...access, model: model.id }, sources, env);
  const { key } = endpoint;
  if (endpoint.baseUrl === undefined && !onVertex)
    throw new ConfigError(
      'MODEL_BASE_URL_MISSING',
      `The model "${model.id}" needs the address of its server.`,
      { hint: `Set --base-url or ${row.baseUrls.join(' or ')}.` },
    );
  const baseUrl = endpoint.baseUrl === undefined ? undefined : withPath(endpoint.baseUrl, model);
  const variables = listKeyVariables(access, row);
  if (key === undefined && !row.keyless && !onVertex)
    throw new ConfigError('MODEL_KEY_MISSING', `The model "${model.id}" needs a key, and none is set.`, {
      hint:
        `Set ${variables.join(' or ')} in the environment or in .env.` +
        (access.baseUrl === undefined ? '' : ' If the server needs no key, set it to any value.'),
    });
  if (key !== undefined && !/^[\x21-\x7e]+$/.test(key))
    throw new ConfigError(
      'MODEL_KEY_INVALID',
      `The key for "${model.id}" contains characters that no key contains.`,
      { hint: `Check ${variables.join(' and ')} for spaces, line breaks and typographic quotes.` },
    );
  return { ...endpoint, baseUrl };
}

/** Adds the protocol's path to an address without a path. @throws ConfigError `MODEL_BASE_URL`. */
function withPath(address: string, { row }: ResolvedModel): string {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new ConfigError('MODEL_BASE_URL', `"${address}" is not an http or https address.`, {
      hint: 'Write it like http://127.0.0.1:8000/v1.',
    });
  const base = address.replace(/\/+$/, '');
  // By convention, ANTHROPIC_BASE_URL does not contain the version, even when it has a path.
  const lacksVersion = row.protocol === 'anthropic' && !base.endsWith('/v1');
  return url.pathname === '/' || lacksVersion ? base + row.path : base;
}
