import { readFileSync } from 'node:fs';
import { ConfigError } from '@cooperbench/core/errors';
import type { RedisOptions } from 'ioredis';

export interface Address {
  /** Names the server in messages. Contains no secret. */
  readonly label: string;
  readonly client: RedisOptions;
}

/** Parses a Redis URL. @throws ConfigError `REDIS_URL`, which quotes only the scheme and names of parameters. */
export function parseAddress(url: string): Address {
  const text = url.startsWith('/') ? `unix://${url}` : url;
  // The URL standard allows a user and password only before a host.
  const parsed = URL.parse(text.replace(/^([^/]*:\/\/[^/]*@)(?=[/?]|$)/, '$1localhost'));
  if (!parsed || !/^[a-z][a-z+-]*:\/\//i.test(text))
    throw createAddressError(
      'it is not a URL',
      'Write redis://host:6379/0; percent-encode special characters in passwords.',
    );
  const { protocol, hostname, pathname, searchParams } = parsed;
  const account = buildCredentials(parsed);
  switch (protocol) {
    case 'redis:':
    case 'rediss:': {
      const secure = protocol === 'rediss:';
      allow(searchParams, secure ? ['cacert', 'cert', 'key'] : []);
      const host = decode(hostname).replace(/^\[|\]$/g, '') || 'localhost';
      const port = Number(parsed.port || 6379);
      const db = parseDatabase(pathname.replace(/^\//, ''));
      // A TLS server chooses its certificate by the name in the URL. An IP address is not a name.
      const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
      const tls = secure && { tls: { ...name, ...readCertificates(searchParams) } };
      return {
        label: `${protocol}//${hostname || host}:${port}/${db}`,
        client: { ...account, host, port, db, ...tls },
      };
    }
    case 'unix:':
    case 'redis+unix:': {
      allow(searchParams, ['db']);
      const path = decode(pathname);
      if (!['', 'localhost'].includes(hostname) || path === '' || path === '/')
        throw createAddressError('it names no absolute path', 'Write unix:///path/to.sock?db=0.');
      const db = parseDatabase(searchParams.get('db') ?? '');
      return { label: `unix://${path} (database ${db})`, client: { ...account, path, db } };
    }
    default:
      throw createAddressError(
        `it begins with ${protocol}//`,
        'Begin it with redis://, rediss:// or unix://.',
      );
  }
}

function createAddressError(reason: string, hint: string): ConfigError {
  return new ConfigError('REDIS_URL', `The Redis URL cannot be used: ${reason}.`, { hint });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw createAddressError(
      'a % in it is not followed by two hexadecimal digits',
      'Write a literal % as %25.',
    );
  }
}

function buildCredentials({ username, password }: URL): Pick<RedisOptions, 'username' | 'password'> {
  if (username && !password)
    throw createAddressError(
      'it has a user but no password',
      'Write redis://:PASSWORD@host when there is no user.',
    );
  return {
    ...(username && { username: decode(username) }),
    ...(password && { password: decode(password) }),
  };
}

function parseDatabase(text: string): number {
  if (!/^\d{0,6}$/.test(text))
    throw createAddressError('its database is not a number', 'Write redis://host:6379/0.');
  return Number(text);
}

function allow(query: URLSearchParams, knownNames: readonly string[]): void {
  const unknownKey = [...query.keys()].find((key) => !knownNames.includes(key));
  if (unknownKey === undefined) return;
  const hint = knownNames.length > 0 ? `It takes ${knownNames.join(', ')}.` : 'It takes none.';
  throw createAddressError(`it does not take the parameter ${unknownKey}`, hint);
}

function readCertificates(query: URLSearchParams): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const names = { cacert: 'ca', cert: 'cert', key: 'key' };
  const files = Object.entries(names).flatMap(([parameter, option]) => {
    const file = query.get(parameter);
    return file === null ? [] : [[option, readPem(parameter, file)]];
  });
  return Object.fromEntries(files);
}

function readPem(parameter: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw createAddressError(`${parameter}: ${(error as Error).message}`, 'Name a PEM file.');
  }
}
