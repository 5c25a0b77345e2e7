import type { SandboxProcess } from '@cooperbench/core';
import { CooperBenchError, settledWithin } from '@cooperbench/core';
import type { StartedProcess } from './driver.ts';

/** How long a provider may take to end an aborted process. After that, `wait` rejects anyway. */
const abortMs = 30_000;
const killedCode = 137;

export interface DrivenProcess extends SandboxProcess {
  /** Rejects `wait` with this error, unless the process has ended. */
  lose(error: Error): void;
}

/** Adds kill, abort and the contract's errors to a provider's process. `kill` must end the whole process tree. */
export function createDrivenProcess(
  { stdin, stdout, stderr, exitCode }: StartedProcess,
  kill: (hasEnded: () => boolean) => Promise<void>,
  explainError: (error: unknown, summary: string) => Promise<CooperBenchError>,
  signal: AbortSignal | undefined,
): DrivenProcess {
  const result = Promise.withResolvers<number>();
  result.promise.catch(() => {});
  let hasEnded = false;
  let killing: Promise<void> | undefined;

  const end = async (): Promise<void> => {
    try {
      await kill(() => hasEnded);
    } catch (error) {
      const fault = await explainError(error, 'A process could not be ended');
      // The exit code may never arrive, for example from a paused container.
      if (fault.code === 'SANDBOX_LOST') {
        if (!signal?.aborted) result.reject(fault);
        return;
      }
    }
    await exitCode.catch(() => {});
  };
  const waitForKill = (): Promise<void> => {
    killing ??= hasEnded ? Promise.resolve() : end();
    return killing;
  };
  const onAbort = (): void => {
    void settledWithin(abortMs, waitForKill()).then(() => result.reject(signal?.reason));
  };
  const onEnd = (): void => {
    hasEnded = true;
    signal?.removeEventListener('abort', onAbort);
  };
  exitCode.then(
    (code) => {
      onEnd();
      // When an abort killed the process, `onAbort` rejects `wait`.
      if (!(killing && signal?.aborted)) result.resolve(code);
    },
    async (error: unknown) => {
      onEnd();
      const fault = signal?.aborted ? signal.reason : await explainError(error, 'A process was lost');
      // A restart of the sandbox, which ends the process, loses its exit code.
      if (killing && CooperBenchError.is(fault) && fault.code !== 'SANDBOX_LOST') result.resolve(killedCode);
      else result.reject(fault);
    },
  );
  if (signal?.aborted) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return { stdin, stdout, stderr, wait: () => result.promise, kill: waitForKill, lose: result.reject };
}
