import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core';
import type { DockerOptions } from '../options.ts';
import { getDockerConfigDir, readDockerConfig } from './docker-config.ts';

/** The TLS settings for a daemon. */
export interface Tls {
  /** Whether to check the server's certificate. */
  readonly verify: boolean;
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

/** The address of a daemon. */
export interface Endpoint {
  /** For example, `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** The setting that names it, for messages. */
  readonly from: string;
  readonly tls?: Tls | undefined;
}

/**
 * Finds the daemon in Docker's own order: the option, DOCKER_HOST, DOCKER_CONTEXT, the context that `docker context use` chose,
 * then the first usable socket of the system, of a rootless daemon, or of Docker Desktop.
 */
export function findEndpoint({ host, context }: Pick<DockerOptions, 'host' | 'context'> = {}): Endpoint {
  const { DOCKER_HOST, DOCKER_CONTEXT } = process.env;
  if (host !== undefined) return { host, from: 'the option "host"', tls: findTlsOfEnvironment() };
  if (context !== undefined && context !== 'default') return readContext(context, 'the option "context"');
  if (context === undefined) {
    if (DOCKER_HOST) return { host: DOCKER_HOST, from: 'DOCKER_HOST', tls: findTlsOfEnvironment() };
    const current = DOCKER_CONTEXT || readDockerConfig().currentContext;
    if (current && current !== 'default') return readContext(current, 'the current Docker context');
  }
  return { host: getDefaultHost(), from: 'the default' };
}

interface ContextFile {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

/** Reads a context that `docker context create` stored. @throws ConfigError `DOCKER_CONTEXT`. */
function readContext(name: string, from: string): Endpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const directory = join(getDockerConfigDir(), 'contexts');
  const createEndpointError = (reason: string, cause?: unknown): ConfigError =>
    new ConfigError('DOCKER_CONTEXT', `The Docker context "${name}" (${from}) ${reason}.`, {
      hint: 'docker context ls lists the contexts.',
      cause,
    });
  const file = join(directory, 'meta', id, 'meta.json');
  if (!existsSync(file)) throw createEndpointError('does not exist');
  let contextFile: ContextFile;
  try {
    contextFile = JSON.parse(readFileSync(file, 'utf8')) as ContextFile;
  } catch (error) {
    throw createEndpointError(`cannot be read: ${getMessage(error)}`, error);
  }
  const endpoint = contextFile.Endpoints?.docker;
  if (!endpoint?.Host) throw createEndpointError('names no Docker daemon');
  const certificates = join(directory, 'tls', id, 'docker');
  const tls = existsSync(certificates) ? readTls(certificates, !endpoint.SkipTLSVerify) : undefined;
  return { host: endpoint.Host, from: `the context "${name}"`, tls };
}

function findTlsOfEnvironment(): Tls | undefined {
  const { DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = process.env;
  if (!DOCKER_TLS && !DOCKER_TLS_VERIFY) return undefined;
  return readTls(DOCKER_CERT_PATH || join(homedir(), '.docker'), Boolean(DOCKER_TLS_VERIFY));
}

/** Reads the certificate files in a directory. Each of the three may be missing. */
function readTls(directory: string, verify: boolean): Tls {
  const readIfPresent = (name: string): Buffer | undefined => {
    const file = join(directory, name);
    return existsSync(file) ? readFileSync(file) : undefined;
  };
  return {
    verify,
    ca: readIfPresent('ca.pem'),
    cert: readIfPresent('cert.pem'),
    key: readIfPresent('key.pem'),
  };
}

function getDefaultHost(): string {
  if (process.platform === 'win32') return 'npipe:////./pipe/docker_engine';
  const { XDG_RUNTIME_DIR } = process.env;
  const sockets = [
    '/var/run/docker.sock',
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'docker.sock')] : []),
    join(homedir(), '.docker/run/docker.sock'),
  ];
  return `unix://${sockets.find(isUsable) ?? sockets.find((path) => existsSync(path)) ?? sockets[0]}`;
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
