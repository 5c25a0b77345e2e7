import { openTunnel, type Tunnel } from '@cooperbench/agent-kit/tunnel';
import {
  type ConnectedSandbox,
  type ConnectOptions,
  CooperBenchError,
  type ExecOptions,
  getMessage,
  mustRun,
  runCommand,
  SandboxError,
  type SandboxProcess,
  SeatLimitError,
  type Workspace,
} from '@cooperbench/core';
import { withBridge } from './bridge.ts';
import type { Dial } from './dial.ts';
import { registryHosts } from './registries.ts';
import { RegistryProxy } from './registry-proxy.ts';

/** How many refused targets of a sandbox are told, each once. */
const maxTargets = 20;
const maxTargetChars = 200;
const maxRestarts = 5;

/**
 * A proxy to package registries on a sandbox's own loopback. It rides on an exec, so the sandbox needs no network. Commands of
 * `workspace` find it by the usual variables.
 */
export class RegistryTunnel implements ConnectedSandbox {
  readonly #workspace: Workspace;
  readonly #proxy: RegistryProxy;
  readonly #listeners: Pick<ConnectOptions, 'onRefused' | 'onLimit'>;
  readonly #refused = new Set<string>();
  #tunnel: Tunnel | undefined;
  #port = 0;
  /** The socket that execs reach the proxy by when they do not share a loopback interface. */
  #socket: string | undefined;
  #restarts = 0;
  #closed = false;

  private constructor(workspace: Workspace, dial: Dial, { hosts, ...listeners }: ConnectOptions) {
    this.#workspace = workspace;
    this.#listeners = listeners;
    this.#proxy = new RegistryProxy({
      hosts: [...registryHosts, ...hosts],
      dial,
      onRefused: (target) => this.#refuse(target),
    });
  }

  /** @throws SandboxError `NETWORK_PROXY` when the sandbox has no program that can forward. */
  static async open(workspace: Workspace, dial: Dial, options: ConnectOptions): Promise<RegistryTunnel> {
    const { signal } = options;
    const tunnel = new RegistryTunnel(workspace, dial, options);
    try {
      await tunnel.#start(signal);
      if (!(await tunnel.#sharesLoopback(signal))) await tunnel.#listenOnSocket(signal);
      return tunnel;
    } catch (error) {
      await tunnel[Symbol.asyncDispose]();
      if (!CooperBenchError.is(error) || error.code !== 'TUNNEL_START') throw error;
      throw new SandboxError(
        'NETWORK_PROXY',
        `The sandbox gets no proxy to package registries. ${getMessage(error)}`,
        {
          hint: "Add python3, perl or node to the task's image, or choose the network open or none.",
          cause: error,
        },
      );
    }
  }

  /** Returns the sandbox, with commands that find the proxy. */
  get workspace(): Workspace {
    const { repoDir, patchesDir } = this.#workspace;
    return {
      ...{ repoDir, patchesDir },
      exec: (argv, options) => this.#exec(argv, options),
      readFile: (path, options) => this.#workspace.readFile(path, options),
      writeFile: (path, content, options) => this.#workspace.writeFile(path, content, options),
    };
  }

  #exec(argv: readonly string[], options: ExecOptions = {}): Promise<SandboxProcess> {
    const env = { ...buildProxyVariables(this.#port), ...options.env };
    const command =
      this.#socket !== undefined && this.#tunnel && argv.length > 0
        ? withBridge(this.#tunnel.forwarder, this.#socket, this.#port, argv)
        : argv;
    return this.#workspace.exec(command, { ...options, env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#proxy[Symbol.dispose]();
    await this.#tunnel?.[Symbol.asyncDispose]();
  }

  async #start(signal?: AbortSignal): Promise<void> {
    const tunnel = await openTunnel(this.#workspace, { signal });
    this.#tunnel = tunnel;
    tunnel.lost.addEventListener('abort', () => void this.#onLost(tunnel.lost.reason));
    this.#port = await tunnel.listen(this.#port, (client) => this.#proxy.accept(client));
    if (this.#socket !== undefined) await tunnel.listen(this.#socket, (client) => this.#proxy.accept(client));
    if (this.#closed) await tunnel[Symbol.asyncDispose]();
  }

  /** Agents end programs by name, so the forwarder starts again. */
  async #onLost(reason: unknown): Promise<void> {
    if (SeatLimitError.is(reason)) {
      this.#proxy[Symbol.dispose]();
      this.#listeners.onLimit?.(reason);
    } else if (!this.#closed && this.#restarts < maxRestarts) {
      this.#restarts += 1;
      // Without a proxy, the sandbox reaches nothing.
      await this.#start().catch(() => {});
    }
  }

  /** Returns whether programs of the tunnel and of other execs have the same loopback interface. */
  async #sharesLoopback(signal: AbortSignal | undefined): Promise<boolean> {
    const argv = ['readlink', '/proc/self/ns/net'];
    const namespaces = await Promise.all(
      [this.#tunnel as Tunnel, this.#workspace].map((place) => runCommand(place, argv, { cwd: '/', signal })),
    );
    const [left, right] = namespaces.map(({ stdout }) => stdout.toString());
    return left === right;
  }

  async #listenOnSocket(signal: AbortSignal | undefined): Promise<void> {
    const make = ['sh', '-c', 'mktemp -d "${TMPDIR:-/tmp}/cooperbench.XXXXXX"'];
    const folder = (await mustRun(this.#workspace, make, { cwd: '/', signal })).toString().trim();
    this.#socket = `${folder}/registries`;
    await this.#tunnel?.listen(this.#socket, (client) => this.#proxy.accept(client));
  }

  #refuse(target: string): void {
    const shownTarget = target.slice(0, maxTargetChars);
    if (this.#refused.size === maxTargets || this.#refused.has(shownTarget)) return;
    this.#refused.add(shownTarget);
    this.#listeners.onRefused(shownTarget);
  }
}

/** Builds the variables by which programs find a proxy. Node.js and Yarn have their own besides those of curl. */
function buildProxyVariables(port: number): Record<string, string> {
  const url = `http://127.0.0.1:${port}`;
  const direct = 'localhost,127.0.0.1';
  return {
    ...{ HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: direct },
    ...{ http_proxy: url, https_proxy: url, no_proxy: direct },
    ...{ NODE_USE_ENV_PROXY: '1', YARN_HTTP_PROXY: url, YARN_HTTPS_PROXY: url },
  };
}
