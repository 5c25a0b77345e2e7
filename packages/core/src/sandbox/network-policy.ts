import type { Backend } from '../contracts/backend.ts';
import type { Cancellable } from '../contracts/cancellable.ts';
import type { ActualNetwork, ConnectedSandbox, ConnectOptions, NetworkPolicy } from '../contracts/network.ts';
import type { SandboxSpec } from '../contracts/sandbox-spec.ts';
import type { Task } from '../contracts/task.ts';
import type { Workspace } from '../contracts/workspace.ts';

/** Connects a sandbox whose policy is `registries`. */
export type ConnectRegistries = (
  workspace: Workspace,
  options: Omit<ConnectOptions, 'hosts'>,
) => Promise<ConnectedSandbox>;

/** Chooses the user's choice, or else the task's own. */
export function chooseNetwork(task: Pick<Task, 'network'>, chosen: NetworkPolicy | undefined): NetworkPolicy {
  return chosen ?? task.network ?? 'open';
}

/** Returns the part of a policy that backends enforce. With `registries`, a sandbox has no network, and is connected over `exec`. */
export function getSpecNetwork(policy: NetworkPolicy): NonNullable<SandboxSpec['network']> {
  return policy === 'open' ? 'open' : 'none';
}

/** Returns the most that sandboxes with these policies ask of a backend. */
export function getWidestNetwork(policies: readonly NetworkPolicy[]): NonNullable<SandboxSpec['network']> {
  return policies.includes('open') ? 'open' : 'none';
}

/** Returns the network that sandboxes of a backend really have under a policy. */
export async function resolvePolicy(
  backend: Pick<Backend, 'resolveNetwork'>,
  policy: NetworkPolicy,
  options?: Cancellable,
): Promise<ActualNetwork> {
  const network = getSpecNetwork(policy);
  const actual = (await backend.resolveNetwork?.(network, options)) ?? 'unknown';
  return actual === network ? policy : actual;
}
