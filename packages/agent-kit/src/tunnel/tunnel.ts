import type { Duplex } from 'node:stream';
import type { Cancellable, ExecOptions, SandboxProcess } from '@cooperbench/core';
import type { Forwarder } from './forwarders/start.ts';

/**
 * Programs and loopback ports inside a sandbox, over one `exec`. The sandbox needs no network. All programs of a tunnel share
 * the loopback interface of its ports. Programs that `Workspace.exec` starts may have another.
 */
export interface Tunnel extends AsyncDisposable {
  /** The program that runs the forwarder in the sandbox. */
  readonly forwarder: Forwarder;
  /**
   * Aborts when the tunnel is lost. The reason is a SandboxError: `TUNNEL_ENDED` when code in the sandbox ended the forwarder
   * or took its place, the backend's error when the sandbox is lost, and otherwise `TUNNEL_LOST`. Or it is a SeatLimitError, when
   * the sandbox passed a bound of `seatBounds`.
   */
  readonly lost: AbortSignal;
  /** Starts a program, like `Workspace.exec`. `wait` rejects with a SandboxError when the tunnel is lost. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<SandboxProcess>;
  /**
   * Listens on a loopback port in the sandbox and resolves with the port. 0 means any free port. A path listens on a Unix socket
   * instead, which all execs of the sandbox reach, and resolves with 0.
   */
  listen(place: number | string, accept: (connection: Duplex) => void): Promise<number>;
  /** Connects to a loopback port in the sandbox. @throws CommandError `TUNNEL_PORT` when nothing listens there. */
  connect(port: number): Promise<Duplex>;
}

export interface TunnelOptions extends Cancellable {
  /** The programs to look for in the sandbox, in this order. Default: python3, perl, node. */
  readonly forwarders?: readonly Forwarder[] | undefined;
}
