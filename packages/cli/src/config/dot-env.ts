import { parseEnv } from 'node:util';
import { ConfigError, messageOf } from '@cooperbench/core/errors';
import { readWholeFile } from '@cooperbench/core/read-file';

/**
 * Variables that only the environment may set. They decide which programs and certificates this process and its children
 * trust, which servers receive their requests, and what isolates agents. A file that comes with a repository must not choose
 * them.
 */
const reserved =
  /^(NODE_|NPM_CONFIG_|LD_|DYLD_|GIT_|SSL_|XDG_|DOCKER_|GOOGLE_EXTERNAL_|COOPERBENCH_(BACKEND_OPTION|UNISOLATED)$|CLOUDSDK_API_ENDPOINT|MODAL_(SERVER_URL|CONFIG_PATH)$|HOME$|PATH$)|^(ALL|HTTPS?|NO)_PROXY$/i;

/** Names of the variables that `.env` set, and of those that it tried to set and must not. */
export interface DotEnv {
  readonly set: readonly string[];
  readonly refused: readonly string[];
}

/** Sets the variables of a `.env` file that the environment does not have. @throws ConfigError `DOT_ENV`. */
export function loadDotEnv(environment: NodeJS.ProcessEnv, path = '.env'): DotEnv {
  const missing = Object.entries(parseEnv(textOf(path))).filter(([name]) => environment[name] === undefined);
  const [refused, set] = [missing.filter(isReserved), missing.filter((entry) => !isReserved(entry))];
  for (const [name, value] of set) environment[name] = value;
  return { set: set.map(([name]) => name), refused: refused.map(([name]) => name).sort() };
}

function isReserved([name]: readonly [string, ...unknown[]]): boolean {
  return reserved.test(name);
}

function textOf(path: string): string {
  try {
    return readWholeFile(path, { maxBytes: 1024 * 1024 }).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigError('DOT_ENV', `${path} cannot be read: ${messageOf(error)}.`, {
      hint: 'Check that it is a file and that you may read it, or remove it.',
      cause: error,
    });
  }
}
