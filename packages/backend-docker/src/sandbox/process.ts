import type { Socket } from 'node:net';
import { WritableStream } from 'node:stream/web';
import { setImmediate as turn } from 'node:timers/promises';
import type { StartedProcess } from '@cooperbench/backend-kit';
import { untilAborted } from '@cooperbench/core';
import { isDaemonTimeout } from '../connection/faults.ts';
import { awaitLoss, type Container, createContainerFault, findLoss } from './container.ts';
import { type ExecEnd, endOf, startExec } from './exec.ts';
import { frames } from './frames.ts';
import type { MemoryWatch } from './memory.ts';
import { Output } from './output.ts';

const killedExitCode = 137;

/**
 * Starts a program in a container, over one connection. @throws errors of the API; SandboxError `SANDBOX_EXEC` when Docker
 * does not confirm the start.
 */
export async function startProcess(
  container: Container,
  memory: MemoryWatch,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<StartedProcess> {
  const { signal: lossSignal } = container.loss;
  lossSignal.throwIfAborted();
  const exec = await startExec(container, argv, env, container.user, signal).catch(async (error: unknown) => {
    throw isDaemonTimeout(error)
      ? await createContainerFault(container, error, 'Could not start a process')
      : error;
  });
  const { socket } = exec;
  const stdout = new Output();
  const stderr = new Output();
  let isReleased = false;
  // The writer gets the error of a failing write. The exit code says what it means.
  socket.on('error', () => {});

  const follow = async (): Promise<number> => {
    try {
      for await (const { stream, bytes } of frames(socket))
        await (stream === 2 ? stderr : stdout).write(bytes);
    } catch {
      // The connection broke. `endOf` and the container's state say why.
    }
    stdout.close();
    try {
      const end = await endOf(container, exec);
      // If a process was killed before it began, Docker reports that it could not be started.
      if (isReleased) return end.neverRan ? killedExitCode : end.exitCode;
      const note = await explain(container, memory, end);
      if (note !== undefined) void stderr.write(Buffer.from(`cooperbench: ${note}\n`));
      return end.exitCode;
    } finally {
      stderr.close();
    }
  };
  return {
    stdin: createInput(socket),
    stdout: stdout.stream,
    stderr: stderr.stream,
    exitCode: untilAborted(follow(), lossSignal).finally(() => socket.destroy()),
    release() {
      isReleased = true;
      stdout.drop();
      stderr.drop();
    },
  };
}

/**
 * Explains the end of a process if neither its exit code nor its output can. Docker reports that a process was killed, or could
 * not be started, before it reports that its container has ended. @throws SandboxError as `lossOf` returns it.
 */
async function explain(
  container: Container,
  memory: MemoryWatch,
  { exitCode, neverRan }: ExecEnd,
): Promise<string | undefined> {
  if (exitCode !== killedExitCode && !neverRan) return undefined;
  const loss = await findLoss(container);
  if (loss) throw loss;
  let ranOut = false;
  try {
    ranOut = await memory.ranOut();
  } catch {
    const end = await awaitLoss(container);
    if (end) throw end;
  }
  // Podman says itself why one could not be started.
  if (neverRan) return container.isPodman ? undefined : 'the process could not be started in this sandbox';
  if (!ranOut) return undefined;
  return `this sandbox ran out of memory (limit: ${container.memoryMiB} MiB), which may be why the process was killed`;
}

/** Creates the input of a process, over the same connection as its output. Closing it leaves the output open. */
function createInput(socket: Socket): WritableStream<Uint8Array> {
  const closeInput = (): Promise<void> =>
    new Promise((resolve) => {
      if (socket.writableFinished || socket.destroyed) resolve();
      else socket.end(resolve);
    });
  return new WritableStream<Uint8Array>({
    async write(bytes) {
      // Lets pending output be read first, because a failing write closes the connection in both directions.
      await turn();
      await new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    close: closeInput,
    abort: closeInput,
  });
}
