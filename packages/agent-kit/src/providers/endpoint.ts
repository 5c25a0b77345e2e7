import { type ChosenByProject, ConfigError, type ModelAccess } from '@cooperbench/core';
import type { Environment, ResolvedModel } from './resolve.ts';
import type { ProviderRow } from './table.ts';

/** The address of a model and the key for it. */
export interface Endpoint {
  /** Absent: the client library knows the address (Vertex AI). */
  readonly baseUrl?: string | undefined;
  readonly key?: string | undefined;
  /** The environment variable that contains the key. */
  readonly keyVariable?: string | undefined;
}

/** Returns the variables that may contain this model's key. `COOPERBENCH_API_KEY` is sent only to a `--base-url`. */
export function keyVariables(model: ResolvedModel, ownAddress: boolean): readonly string[] {
  return ownAddress ? [ownKey, ...model.row.keys] : model.row.keys;
}

const ownKey = 'COOPERBENCH_API_KEY';

/**
 * Finds the address and the key of a model, from `--base-url` and the environment.
 * @throws ConfigError `MODEL_KEY_MISSING`, `MODEL_KEY_WITHHELD`, `MODEL_KEY_INVALID`, `MODEL_BASE_URL_MISSING`,
 * `MODEL_BASE_URL`.
 */
export function resolveEndpoint(
  model: ResolvedModel,
  env: Environment,
  access: Pick<ModelAccess, 'baseUrl' | 'chosenByProject'>,
): Endpoint {
  const { row } = model;
  const onVertex = row.protocol === 'vertex';
  const { address, file } = addressOf(row, env, access);
  if (address === undefined && !onVertex)
    throw new ConfigError(
      'MODEL_BASE_URL_MISSING',
      `The model "${model.id}" needs the address of its server.`,
      { hint: `Set --base-url or ${row.baseUrls.join(' or ')}.` },
    );
  const baseUrl = address === undefined ? undefined : withPath(address, model);
  const variables = keyVariables(model, access.baseUrl !== undefined);
  const set = variables.filter((name) => env[name]?.trim());
  const fromDotEnv = access.chosenByProject?.variables ?? [];
  const { keyBelongsToOtherUrl = false } = access.chosenByProject ?? {};
  const sent = set.filter(
    (name) =>
      file === undefined ||
      (name === ownKey && !keyBelongsToOtherUrl) ||
      (file === '.env' && fromDotEnv.includes(name)),
  );
  const [keyVariable] = sent;
  const key = keyVariable === undefined ? undefined : env[keyVariable]?.trim();
  const withheld = onVertex ? ['your Google Cloud credentials'] : set;
  if (key === undefined && baseUrl !== undefined && file !== undefined && withheld.length > 0)
    throw withheldKey(model, baseUrl, file, {
      withheld,
      hint:
        access.baseUrl === undefined || keyBelongsToOtherUrl
          ? ''
          : ` Or put a key for this address alone into ${ownKey}.`,
    });
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
  return { baseUrl, key, keyVariable };
}

interface Address {
  readonly address?: string | undefined;
  /** The project's file that the address comes from. Absent: the user chose it. */
  readonly file?: ChosenByProject['baseUrl'];
}

function addressOf(
  row: ProviderRow,
  env: Environment,
  { baseUrl, chosenByProject = {} }: Pick<ModelAccess, 'baseUrl' | 'chosenByProject'>,
): Address {
  if (baseUrl !== undefined) return { address: baseUrl, file: chosenByProject.baseUrl };
  const variable = row.baseUrls.find((name) => env[name]?.trim());
  if (variable === undefined) return { address: row.baseUrl };
  const file = chosenByProject.variables?.includes(variable) ? '.env' : undefined;
  return { address: env[variable]?.trim(), file };
}

function withheldKey(
  { id, row }: ResolvedModel,
  baseUrl: string,
  file: NonNullable<ChosenByProject['baseUrl']>,
  { withheld, hint }: { readonly withheld: readonly string[]; readonly hint: string },
): ConfigError {
  const address = withoutPassword(baseUrl);
  const where = file === '.env' ? '.env' : 'a configuration file of the project';
  const variables = ['COOPERBENCH_BASE_URL', ...row.baseUrls].join(' or ');
  return new ConfigError(
    'MODEL_KEY_WITHHELD',
    `The address ${address} for "${id}" comes from ${where}, so CooperBench does not send ${withheld.join(' or ')} there.`,
    {
      hint: `If you trust this address, give it with --base-url or --seat-base-url, or set ${variables} in the environment.${hint}`,
    },
  );
}

/** Hides the password in an address, for messages. */
export function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/?#]*@/, '//***@');
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
