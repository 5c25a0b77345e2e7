import type { ConnectedSandbox, NetworkPolicy } from '@cooperbench/core';
import {
  type ConnectRegistries,
  callPlugin,
  type Registry,
  requireMembers,
  type Service,
  type TimeLimits,
} from '@cooperbench/core/host';
import type { OpenedServices } from './opened-services.ts';

const connectedMembers = { workspace: 'object', [Symbol.asyncDispose]: 'function' } as const;

/** What connects sandboxes to package registries and to these hosts. @throws ConfigError when a policy needs it and no plugin has it. */
export async function connectRegistries(
  services: OpenedServices,
  registry: Registry,
  limits: TimeLimits,
  policies: readonly NetworkPolicy[],
  hosts: readonly string[],
): Promise<ConnectRegistries> {
  const createNetwork = (): Promise<Service<'networks'>> =>
    services.make('networks', 'registries', undefined);
  if (policies.includes('registries')) await createNetwork();
  const disconnect = async (connected: ConnectedSandbox): Promise<void> => connected[Symbol.asyncDispose]();
  return async (workspace, { signal, ...listeners }) => {
    const sandboxNetwork = await createNetwork();
    const title = registry.title('networks', 'registries');
    const connected = await callPlugin(
      `${title} failed in connect`,
      async (signal) => {
        const connection = await sandboxNetwork.connect(workspace, { ...listeners, hosts, signal });
        return requireMembers(connection, connectedMembers, 'connect');
      },
      { limitMs: limits.open, signal, discard: disconnect },
    );
    const bounds = { limitMs: limits.close, signal: services.closing };
    return {
      workspace: connected.workspace,
      [Symbol.asyncDispose]: () =>
        callPlugin(`${title} failed in dispose`, () => disconnect(connected), bounds),
    };
  };
}
