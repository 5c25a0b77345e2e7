import type { Workspace } from '@cooperbench/core';
import { allForwarders, listForwarderCommand } from './forwarders/start.ts';
import { HostSide } from './host-side.ts';
import type { Tunnel, TunnelOptions } from './tunnel.ts';

/**
 * Opens a tunnel into a sandbox. Disposing it ends everything that it started there.
 * @throws SandboxError `TUNNEL_START` when the sandbox has no program that can run the forwarder.
 */
export async function openTunnel(
  workspace: Pick<Workspace, 'exec' | 'repoDir'>,
  { forwarders = allForwarders, signal }: TunnelOptions = {},
): Promise<Tunnel> {
  signal?.throwIfAborted();
  const process = await workspace.exec(listForwarderCommand(forwarders), { cwd: '/' });
  const tunnel = new HostSide(process, workspace.repoDir);
  try {
    await tunnel.start(signal);
    return tunnel;
  } catch (error) {
    await tunnel[Symbol.asyncDispose]();
    throw error;
  }
}
