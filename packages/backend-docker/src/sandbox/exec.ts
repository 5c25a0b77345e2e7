import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { type Container, findLoss } from './container.ts';
import { root } from './container-settings.ts';
import { frames } from './frames.ts';
import { checkUserFiles } from './user-files.ts';

/** A started exec. */
export interface Exec {
  readonly api: Docker.Exec;
  /** Carries its input, and both its outputs in frames. */
  readonly socket: Socket;
}

/**
 * Starts an exec: makes two of its three calls. `endOf` makes the third. Names no user if that is the container's, because
 * Docker looks for a named one in files of the container. @throws errors of the API; `SANDBOX_EXEC` when these are too large.
 */
export async function startExec(
  container: Container,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  user: string = container.user,
  signal?: AbortSignal | undefined,
): Promise<Exec> {
  const isUserOfContainer = user === root && container.imageUser === '';
  if (!isUserOfContainer) await checkUserFiles(container);
  const api = await container.api.exec({
    Cmd: [...argv],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: '/',
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    User: isUserOfContainer ? '' : user,
  });
  signal?.throwIfAborted();
  const socket = await api.start({ hijack: true, stdin: true });
  return { api, socket: socket as unknown as Socket };
}

/** How an exec ended. */
export interface ExecEnd {
  readonly exitCode: number;
  /** The executable could not be started, or may not have been, with Podman. Docker prints the reason on standard output. */
  readonly neverRan: boolean;
}

const pollMs = { first: 2, max: 500 };

/** Waits until an exec whose outputs have closed has ended, too. @throws errors of the API; `SANDBOX_LOST`. */
export async function endOf(container: Container, { api }: Exec): Promise<ExecEnd> {
  for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 2, pollMs.max)) {
    const { Running: running, ExitCode: exitCode, Pid: pid } = await api.inspect();
    // Podman reports 0 for every process that has ended. Docker has further codes for one that did not begin, such as 128.
    const mayNotHaveRun = pid === 0 && (!container.isPodman || exitCode === 126 || exitCode === 127);
    if (!running && exitCode !== null) return { exitCode, neverRan: mayNotHaveRun };
    const loss = waitMs === pollMs.max ? await findLoss(container) : undefined;
    if (loss) throw loss;
    await delay(waitMs);
  }
}

const keptCharacters = 64 * 1024;

/** Runs one of the backend's own small programs without input. @throws errors of the API. */
export async function runAsRoot(
  container: Container,
  argv: readonly string[],
): Promise<ExecEnd & { readonly output: string }> {
  const exec = await startExec(container, argv, {}, root);
  exec.socket.end();
  let output = '';
  for await (const { bytes } of frames(exec.socket))
    if (output.length < keptCharacters) output += Buffer.from(bytes);
  return { ...(await endOf(container, exec)), output };
}
