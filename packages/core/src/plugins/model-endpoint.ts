import type { ChosenByProject, ModelAccess } from '../contracts/agent.ts';
import { ConfigError } from '../contracts/errors.ts';

/** Where the address and the key of a model may come from, besides the base URL of its `ModelAccess`. */
export interface EndpointSources {
  /** Environment variables for its key. The first one that is set counts. */
  readonly keys: readonly string[];
  /** Environment variables for its address. The first one that is set counts. */
  readonly addresses?: readonly string[];
  /** The provider's own address. It is absent if the provider has none, or if its client library knows it. */
  readonly address?: string | undefined;
  /** For messages: what the client library sends when there is no key, such as `your Google Cloud credentials`. */
  readonly otherCredentials?: string;
}

/** The address of a model and the key for it. */
export interface ModelEndpoint {
  readonly baseUrl?: string | undefined;
  readonly key?: string | undefined;
  /** The environment variable that contains the key. */
  readonly keyVariable?: string | undefined;
}

/** The key for the base URL that the user gives. It goes to no provider's own address. */
const ownKey = 'COOPERBENCH_API_KEY';

/**
 * Pairs the address of a model with a key of the environment. An agent that reads a key itself may send it to an address that the
 * project's files chose. @throws ConfigError `MODEL_KEY_WITHHELD` for such an address without a key that may go there.
 */
export function resolveModelEndpoint(
  access: Pick<ModelAccess, 'model' | 'baseUrl' | 'chosenByProject'>,
  sources: EndpointSources,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ModelEndpoint {
  const { baseUrl, file } = findAddress(access, sources, env);
  const { variables = [], keyBelongsToOtherUrl = false } = access.chosenByProject ?? {};
  const set = listKeyVariables(access, sources).filter((name) => env[name]?.trim());
  const keyVariable = set.find(
    (name) =>
      file === undefined ||
      (name === ownKey && !keyBelongsToOtherUrl) ||
      (file === '.env' && variables.includes(name)),
  );
  if (keyVariable !== undefined) return { baseUrl, key: env[keyVariable]?.trim(), keyVariable };
  const withheld = [...set, ...(sources.otherCredentials ? [sources.otherCredentials] : [])];
  if (baseUrl === undefined || file === undefined || withheld.length === 0) return { baseUrl };
  throw new ConfigError(
    'MODEL_KEY_WITHHELD',
    `The address ${removePassword(baseUrl)} for "${access.model}" comes from ${file === '.env' ? '.env' : 'a configuration file of the project'}, so CooperBench does not send ${withheld.join(' or ')} there.`,
    {
      hint:
        `If you trust this address, give it with --base-url or --seat-base-url, or set ${['COOPERBENCH_BASE_URL', ...(sources.addresses ?? [])].join(' or ')} in the environment.` +
        (access.baseUrl === undefined || keyBelongsToOtherUrl
          ? ''
          : ` Or put a key for this address alone into ${ownKey}.`),
    },
  );
}

/** Lists the variables that may contain a model's key. */
export function listKeyVariables(
  { baseUrl }: Pick<ModelAccess, 'baseUrl'>,
  { keys }: Pick<EndpointSources, 'keys'>,
): readonly string[] {
  return baseUrl === undefined ? keys : [ownKey, ...keys];
}

/** Hides the password in an address, for messages. */
export function removePassword(address: string): string {
  return address.replace(/\/\/[^/?#]*@/, '//***@');
}

/** Finds the address, and the project's file that it comes from. Without a file, the user or the provider chose it. */
function findAddress(
  { baseUrl, chosenByProject = {} }: Pick<ModelAccess, 'baseUrl' | 'chosenByProject'>,
  { addresses = [], address }: EndpointSources,
  env: Readonly<Record<string, string | undefined>>,
): { readonly baseUrl: string | undefined; readonly file?: ChosenByProject['baseUrl'] } {
  if (baseUrl !== undefined) return { baseUrl, file: chosenByProject.baseUrl };
  const variable = addresses.find((name) => env[name]?.trim());
  if (variable === undefined) return { baseUrl: address };
  const file = chosenByProject.variables?.includes(variable) ? '.env' : undefined;
  return { baseUrl: env[variable]?.trim(), file };
}
