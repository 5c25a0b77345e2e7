import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core';

/** The parts of Docker's config.json that this backend reads. */
export interface DockerConfig {
  readonly currentContext?: string;
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

export function getDockerConfigDir(): string {
  return process.env.DOCKER_CONFIG || join(homedir(), '.docker');
}

/**
 * Reads Docker's config.json. Returns an empty value if the file does not exist. @throws ConfigError `DOCKER_CONFIG` when it
 * cannot be read.
 */
export function readDockerConfig(): DockerConfig {
  const file = join(getDockerConfigDir(), 'config.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DockerConfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new ConfigError('DOCKER_CONFIG', `Docker's ${file} cannot be read: ${getMessage(error)}`, {
      hint: 'Repair the file, or name another folder in DOCKER_CONFIG.',
      cause: error,
    });
  }
}
