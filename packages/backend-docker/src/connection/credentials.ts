import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { buildChildEnvironment, ConfigError, getMessage } from '@cooperbench/core';
import type { DockerConfig } from './docker-config.ts';

/** Credentials in the form of Docker's API. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

/** Variables by which Docker's helpers find where a password is. None is a password. */
const helperSettings = [
  ...['DOCKER_CONFIG', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'GNUPGHOME', 'GPG_TTY', 'PASSWORD_STORE_DIR'],
  ...['AWS_PROFILE', 'AWS_REGION', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'CLOUDSDK_CONFIG'],
];

const hub = 'https://index.docker.io/v1/';

/** Returns the registry of an image, by its name in Docker's config.json. */
export function getRegistry(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  return !isHost || first === 'docker.io' || first === 'index.docker.io' ? hub : first;
}

/**
 * Reads the credentials that `docker login` stored for an image's registry. Returns undefined if there are none. @throws
 * ConfigError `DOCKER_CREDENTIALS`.
 */
export async function findCredentialsFor(
  image: string,
  config: DockerConfig,
): Promise<Credentials | undefined> {
  const serveraddress = getRegistry(image);
  const helper = config.credHelpers?.[serveraddress] ?? config.credsStore;
  if (helper) return readFromHelper(helper, serveraddress);
  const credentials = config.auths?.[serveraddress] ?? config.auths?.[`https://${serveraddress}`];
  if (credentials?.identitytoken) return { identitytoken: credentials.identitytoken, serveraddress };
  if (!credentials?.auth) return undefined;
  const [username = '', ...password] = Buffer.from(credentials.auth, 'base64').toString().split(':');
  return { username, password: password.join(':'), serveraddress };
}

/** Asks a credential helper. The helper reads the registry from its standard input. */
async function readFromHelper(helper: string, serveraddress: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const createCredentialsError = (reason: string): ConfigError =>
    new ConfigError('DOCKER_CREDENTIALS', `${program} failed for ${serveraddress}: ${reason}`, {
      hint: 'Log in again with docker login, or correct credsStore and credHelpers in Docker’s config.json.',
    });
  if (!/^[\w.-]+$/.test(helper)) throw createCredentialsError('its name is not valid');
  const child = spawn(program, ['get'], {
    env: buildChildEnvironment(helperSettings),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(createCredentialsError(getMessage(error))));
    child.once('close', resolve);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(serveraddress);
  const [code, errorText] = await Promise.all([exit, text(child.stdout)]);
  // A helper fails if it does not know the registry. The registry decides whether it needs credentials.
  if (code !== 0) return undefined;
  try {
    const { Username, Secret } = JSON.parse(errorText) as { Username: string; Secret: string };
    return Username === '<token>'
      ? { identitytoken: Secret, serveraddress }
      : { username: Username, password: Secret, serveraddress };
  } catch {
    throw createCredentialsError('its answer is not JSON');
  }
}
