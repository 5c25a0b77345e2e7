import type { ExecOptions, Sandbox, SandboxProcess } from '@cooperbench/core';
import {
  CooperBenchError,
  getMessage,
  Once,
  SandboxError,
  untilAborted,
  withTimeout,
} from '@cooperbench/core';
import { createDrivenProcess, type DrivenProcess } from './driven-process.ts';
import type { SandboxDriver, StartedProcess } from './driver.ts';
import { markerVariable, wrapInDirectory } from './exec-wrapper.ts';
import { createFilesOverExec } from './files-over-exec.ts';
import { killTree } from './kill-tree.ts';
import { Watch } from './watch.ts';

const defaultEveryMs = 30_000;
/** How long a driver may take to explain an error. */
const explainMs = 30_000;

/**
 * Turns a provider's driver into a sandbox that fulfils the contract. Calls `onDisposed` once the sandbox is gone, and with
 * the error when it could not be terminated.
 */
export function sandboxFrom(
  driver: SandboxDriver,
  onDisposed: (error?: unknown) => void = () => {},
): Sandbox {
  const { id, origin, repoDir, patchesDir } = driver;
  const running = new Set<DrivenProcess>();
  let execs = 0;
  let isDisposed = false;

  const restart: Once<void> = new Once(async () => driver.restart?.().finally(() => restart.forget()));
  const commands: Pick<SandboxDriver, 'start' | 'restart'> = {
    async start(argv, env, signal) {
      // A sandbox accepts no commands while it restarts.
      await restart.peek();
      return driver.start(argv, env, signal);
    },
    ...(driver.restart && { restart: () => restart.get() }),
  };
  const createGoneError = (): SandboxError => new SandboxError('SANDBOX_LOST', `The sandbox ${id} is gone.`);
  const explainError = async (error: unknown, summary: string): Promise<CooperBenchError> => {
    if (isDisposed) return createGoneError();
    if (CooperBenchError.is(error)) return error;
    // A driver that cannot explain an error must not hide it.
    const ask = async (): Promise<CooperBenchError | undefined> => driver.explainError?.(error, summary);
    const fault = await withTimeout(explainMs, ask, () => undefined).catch(() => undefined);
    return fault ?? new SandboxError('SANDBOX_EXEC', `${summary}: ${getMessage(error)}`, { cause: error });
  };

  const checkLost = async (): Promise<SandboxError | undefined> =>
    isDisposed ? createGoneError() : driver.checkLost?.();
  const watch =
    driver.checkLost &&
    new Watch(checkLost, driver.checkLostEveryMs ?? defaultEveryMs, (loss) => {
      for (const process of running) process.lose(loss);
    });

  const follow = (
    started: StartedProcess,
    marker: string,
    signal: AbortSignal | undefined,
  ): DrivenProcess => {
    const kill = async (hasEnded: () => boolean): Promise<void> => {
      if (started.kill) return started.kill();
      started.release?.();
      await killTree(commands, marker, hasEnded);
    };
    const process = createDrivenProcess(started, kill, explainError, signal);
    running.add(process);
    watch?.during(started.exitCode);
    const forget = (): void => void running.delete(process);
    started.exitCode.then(forget, forget);
    return process;
  };

  async function exec(argv: readonly string[], options: ExecOptions = {}): Promise<SandboxProcess> {
    const { cwd = repoDir, env = {}, signal } = options;
    signal?.throwIfAborted();
    if (argv.length === 0) throw new SandboxError('SANDBOX_EXEC', 'There is no command to start.');
    if (isDisposed) throw createGoneError();
    execs += 1;
    const marker = `${id}#${execs}#`;
    const mark = `${markerVariable}=${marker}`;
    const startup = commands.start(wrapInDirectory(cwd, argv), { ...env, [markerVariable]: marker }, signal);
    let started: StartedProcess;
    try {
      started = await untilAborted(startup, signal);
    } catch (error) {
      // A process that starts after its caller has given up must not keep running.
      void startup.then((lateProcess) => follow(lateProcess, mark, undefined).kill()).catch(() => {});
      signal?.throwIfAborted();
      throw await explainError(error, `Could not start ${argv[0]}`);
    }
    const process = follow(started, mark, signal);
    if (!isDisposed) return process;
    void process.kill();
    throw createGoneError();
  }

  const end = new Once(async () => {
    isDisposed = true;
    await driver.terminate().catch((error: unknown) => {
      onDisposed(error);
      throw error;
    });
    for (const process of running) process.lose(createGoneError());
    onDisposed();
  });
  const files = createFilesOverExec({ exec });
  return {
    id,
    origin,
    repoDir,
    patchesDir,
    exec,
    readFile: driver.readFile?.bind(driver) ?? files.readFile,
    writeFile: driver.writeFile?.bind(driver) ?? files.writeFile,
    ...(commands.restart && {
      async restart() {
        try {
          await commands.restart?.();
        } catch (error) {
          throw await explainError(error, `The sandbox ${id} could not be restarted`);
        }
      },
    }),
    ...(driver.keep && {
      async keep(key, options) {
        try {
          await driver.keep?.(key, options);
        } catch (error) {
          throw await explainError(error, `The sandbox ${id} could not be kept`);
        }
      },
    }),
    ...(driver.hostFault && { hostFault: async () => driver.hostFault?.() }),
    ...(driver.interruption && { interruption: async (sinceMs) => driver.interruption?.(sinceMs) }),
    [Symbol.asyncDispose]: () => end.get(),
  };
}
