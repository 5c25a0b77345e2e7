import { ConfigError } from '@cooperbench/core';

/** Creates the error for a backend whose sandboxes have no network although tasks need one. `title` names the backend. */
export function createClosedNetworkError(title: string): ConfigError {
  return new ConfigError(
    'NETWORK_CLOSED',
    `${title} gives its sandboxes no network here, but there are tasks with the network "open".`,
    {
      hint: 'Give agents and tests another network: --network none --eval-network none, or registries. Or choose another backend, or remove its option network=none.',
    },
  );
}
