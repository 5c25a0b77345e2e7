import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { ConfigError, messageOf } from '@cooperbench/core';
import Docker from 'dockerode';
import type { Endpoint } from './endpoint.ts';

const reuse = { keepAlive: true };

/** A client for the daemon; it has not spoken with it yet. @throws ConfigError `DOCKER_HOST`. */
export function connect(endpoint: Endpoint): Docker {
  try {
    // What is undefined here would otherwise be taken from the environment, which has been read already.
    const nothing = { socketPath: undefined, host: undefined, port: undefined, username: undefined };
    const noTls = { ca: undefined, cert: undefined, key: undefined, protocol: undefined };
    return new Docker({ ...nothing, ...noTls, ...optionsFor(endpoint) });
  } catch (error) {
    if (ConfigError.is(error)) throw error;
    throw unusable(endpoint, messageOf(error));
  }
}

/** Ends every call that is still open: a daemon may never answer one about a container that was removed meanwhile. */
export function disconnect(docker: Docker): void {
  (docker.modem as { agent?: Agent }).agent?.destroy();
}

function optionsFor(endpoint: Endpoint): Docker.DockerOptions & { agent?: Agent } {
  const { host, tls } = endpoint;
  const [scheme = '', rest] = host.includes('://') ? host.split('://', 2) : ['tcp', host];
  if (rest === undefined || rest === '') throw unusable(endpoint, 'it has no address');
  if (scheme === 'unix' || scheme === 'npipe') return { socketPath: rest, agent: new Agent(reuse) };
  const url = new URL(`http://${rest}`);
  switch (scheme) {
    case 'tcp':
    case 'http':
    case 'https': {
      const secure = tls !== undefined || scheme === 'https';
      const { verify = true, ...certificates } = tls ?? {};
      const place = { host: url.hostname, port: url.port || (secure ? 2376 : 2375) };
      if (!secure) return { ...place, protocol: 'http', agent: new Agent(reuse) };
      const agent = new SecureAgent({ ...reuse, rejectUnauthorized: verify });
      return { ...place, ...certificates, agent, protocol: 'https' };
    }
    case 'ssh': {
      const agent = process.env.SSH_AUTH_SOCK;
      const place = { host: url.hostname, port: url.port || 22, username: url.username };
      return { ...place, protocol: 'ssh', sshOptions: agent === undefined ? {} : { agent } };
    }
    default:
      throw unusable(endpoint, `"${scheme}" is none of unix, npipe, tcp, http, https and ssh`);
  }
}

function unusable({ host, from }: Endpoint, why: string): ConfigError {
  return new ConfigError('DOCKER_HOST', `The daemon's address ${host} (${from}) cannot be used: ${why}.`, {
    hint: 'Give one such as unix:///var/run/docker.sock or tcp://host:2376.',
  });
}
