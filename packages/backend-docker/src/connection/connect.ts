import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { inspect } from 'node:util';
import { ConfigError } from '@cooperbench/core';
import type Docker from 'dockerode';
import { Client } from './client.ts';
import type { Endpoint } from './endpoint.ts';

/** A client, and the address of its daemon. */
export interface Connection {
  readonly docker: Client;
  readonly endpoint: Endpoint;
}

/** Creates a client. Does not connect yet. @throws ConfigError `DOCKER_HOST`. */
export function connect(endpoint: Endpoint): Client {
  // docker-modem reads missing options from the environment. Here, a context or an option may have decided already.
  const noEndpoint = { socketPath: undefined, host: undefined, port: undefined, username: undefined };
  const noTls = { ca: undefined, cert: undefined, key: undefined, protocol: undefined };
  return new Client({ ...noEndpoint, ...noTls, ...buildClientOptions(endpoint) });
}

/** Ends all open calls. A daemon may never answer a call about a container that was removed in the meantime. */
export function disconnect(docker: Docker): void {
  (docker.modem as { agent?: Agent }).agent?.destroy();
}

function buildClientOptions({ host, from, tls }: Endpoint): Docker.DockerOptions & { agent?: Agent } {
  const createUnusableError = (reason: string): ConfigError =>
    new ConfigError('DOCKER_HOST', `The daemon's address ${host} (${from}) cannot be used: ${reason}.`, {
      hint: 'Give one such as unix:///var/run/docker.sock or tcp://host:2376.',
    });
  const [scheme = '', rest = ''] = host.includes('://') ? host.split('://', 2) : ['tcp', host];
  if (rest === '') throw createUnusableError('it has no address');
  const keepAlive = true;
  if (scheme === 'unix' || scheme === 'npipe')
    return { socketPath: rest, agent: hideFromInspection(new Agent({ keepAlive })) };
  if (!URL.canParse(`http://${rest}`)) throw createUnusableError('it is not an address');
  const { hostname, port, username } = new URL(`http://${rest}`);
  if (scheme === 'ssh') {
    const { SSH_AUTH_SOCK: agent } = process.env;
    const sshOptions = agent === undefined ? {} : { agent };
    return { protocol: 'ssh', host: hostname, port: port || 22, username, sshOptions };
  }
  if (!['tcp', 'http', 'https'].includes(scheme))
    throw createUnusableError(`"${scheme}" is none of unix, npipe, tcp, http, https and ssh`);
  if (tls === undefined && scheme !== 'https')
    return {
      protocol: 'http',
      host: hostname,
      port: port || 2375,
      agent: hideFromInspection(new Agent({ keepAlive })),
    };
  const { verify = true, ...certificates } = tls ?? {};
  const agent = hideFromInspection(new SecureAgent({ keepAlive, rejectUnauthorized: verify }));
  return { protocol: 'https', host: hostname, port: port || 2376, ...certificates, agent };
}

/**
 * Hides an agent from `inspect`. docker-modem formats the options of every request for its debug output, even when debugging
 * is off. An agent contains all open sockets, and formatting them takes most of the processor time of a run.
 */
function hideFromInspection<T extends Agent>(agent: T): T {
  return Object.assign(agent, { [inspect.custom]: () => 'Agent' });
}
