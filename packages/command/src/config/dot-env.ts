import { parseEnv } from 'node:util';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { readWholeFile } from '@cooperbench/core/read-file';

/**
 * The variables that a `.env` file may set: CooperBench's own, keys and addresses of models, and accounts of providers. A file
 * that comes with a repository must not set others, which decide what programs run and whom they trust.
 */
const allowedNames = new RegExp(
  `^(${[
    'COOPERBENCH_[A-Z_]+',
    'REDIS_URL',
    'NO_COLOR',
    'HF_(TOKEN|ENDPOINT)',
    'MODAL_(TOKEN_ID|TOKEN_SECRET|ENVIRONMENT|PROFILE)',
    'GOOGLE_(APPLICATION_CREDENTIALS|CLOUD_(PROJECT|QUOTA_PROJECT|LOCATION)|VERTEX_LOCATION)',
    'VERTEX(AI)?_(PROJECT|LOCATION)',
    'TOGETHER_AI_TOKEN',
    '[A-Z][A-Z0-9_]*_(API_KEY|API_BASE|BASE_URL)',
  ].join('|')})$`,
);
/** They decide what isolates agents, which daemon runs them, which files agents get, and whose code is trusted. */
const refusedNames = /^COOPERBENCH_(AGENT_CONFIG|BACKEND_OPTION|UNISOLATED|TRUST|(CACHE|CONFIG|DATA)_DIR)$/;

/** Returns whether a `.env` file may set a variable. */
export function dotEnvMaySet(name: string): boolean {
  return allowedNames.test(name) && !refusedNames.test(name);
}

/** Names of the variables that `.env` set, and of those that it tried to set and must not. */
export interface DotEnv {
  readonly set: readonly string[];
  readonly refused: readonly string[];
}

/** Sets the variables of a `.env` file that the environment does not have. @throws ConfigError `DOT_ENV`. */
export function loadDotEnv(environment: NodeJS.ProcessEnv, path = '.env'): DotEnv {
  const missing = Object.entries(parseEnv(getText(path))).filter(([name]) => environment[name] === undefined);
  const set = missing.filter(([name, value]) => dotEnvMaySet(name) && isHarmless(name, value));
  for (const [name, value] of set) environment[name] = value;
  const names = set.map(([name]) => name);
  return { set: names, refused: missing.flatMap(([name]) => (names.includes(name) ? [] : [name])).sort() };
}

/** Credentials of other types name files that Google's library reads and addresses that it sends them to. */
function isHarmless(name: string, value = ''): boolean {
  if (name !== 'GOOGLE_APPLICATION_CREDENTIALS') return true;
  try {
    const { type } = JSON.parse(readWholeFile(value, { maxBytes: 1024 * 1024 }).toString());
    return type === 'service_account' || type === 'authorized_user';
  } catch {
    return false;
  }
}

function getText(path: string): string {
  try {
    return readWholeFile(path, { maxBytes: 1024 * 1024 }).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigError('DOT_ENV', `${path} cannot be read: ${getMessage(error)}.`, {
      hint: 'Check that it is a file and that you may read it, or remove it.',
      cause: error,
    });
  }
}
