import type { Cancellable } from './cancellable.ts';
import type { SeatLimitError } from './errors.ts';
import type { Workspace } from './workspace.ts';

/**
 * What a sandbox reaches. `open`: the internet. `registries`: package registries, through the network of that name, which a
 * plugin provides. `none`: nothing but its own loopback.
 */
export type NetworkPolicy = 'open' | 'registries' | 'none';

/**
 * What a sandbox really reaches. `host`: what this machine reaches, with every server on its loopback. `unknown`: its backend
 * does not say.
 */
export type ActualNetwork = NetworkPolicy | 'host' | 'unknown';

/** Gives sandboxes that have no network of their own a way to some hosts, over `exec`. */
export interface SandboxNetwork extends Partial<AsyncDisposable> {
  /** @throws SandboxError when the sandbox lacks what the network needs. */
  connect(workspace: Workspace, options: ConnectOptions): Promise<ConnectedSandbox>;
}

/** What a network lets a sandbox reach, and whom it tells of refusals. */
export interface ConnectOptions extends Cancellable {
  /** Names of hosts to reach besides those of the network itself. `*.` at the beginning matches any host below. */
  readonly hosts: readonly string[];
  /** Receives attempts to reach something else. A sandbox decides how many there are, so bound them. Untrusted text. */
  onRefused(target: string): void;
  /** The sandbox has passed a limit that protects the host. Nothing is connected any more. */
  onLimit?(error: SeatLimitError): void;
}

/** A sandbox until it is disconnected by disposing it. The sandbox itself stays. */
export interface ConnectedSandbox extends AsyncDisposable {
  /** The sandbox, with commands that find their way to the hosts. */
  readonly workspace: Workspace;
}
