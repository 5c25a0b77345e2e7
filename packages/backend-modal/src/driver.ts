import {
  explainedOutput,
  fittingCommand,
  killAll,
  type SandboxDriver,
  type StartedProcess,
} from '@cooperbench/backend-kit';
import { type CooperBenchError, SandboxError } from '@cooperbench/core';
import type { Sandbox } from 'modal';
import type { CommandRouter } from './command-router.ts';
import { faults } from './faults.ts';

/** `lifetimeMs`: after which Modal ends the sandbox. */
type Settings = Pick<SandboxDriver, 'origin' | 'repoDir' | 'patchesDir' | 'checkLostEveryMs'> & {
  readonly lifetimeMs: number;
  readonly router: CommandRouter;
  /** Modal's own status of the sandbox. */
  status(): Promise<number | undefined>;
};

/** Modal takes no more than 64 KiB of arguments. */
const longestCommand = 60_000;
const returned = { timeout: 124, terminated: 137 } as const;
/**
 * Modal's statuses for sandboxes that it ended itself: terminated, out of time, not started, failed inside Modal
 * (`GenericResult.GenericStatus` of its API). Not 8, an eviction for memory that the sandbox uses.
 */
const endedByModal: readonly unknown[] = [3, 4, 5, 6];

/** Creates a sandbox of Modal's. */
export function createModalDriver(
  sandbox: Sandbox,
  { lifetimeMs, router, status, ...settings }: Settings,
): SandboxDriver {
  const { sandboxId: id } = sandbox;
  async function checkLost(): Promise<SandboxError | undefined> {
    const code = await sandbox.poll().catch((error: unknown) => {
      if (faults.isNotFound(error)) return undefined;
      throw error;
    });
    if (code === null) return undefined;
    router.close();
    // A first process that is killed from within leaves the same code as a sandbox that Modal terminates.
    const fromOutside = code === undefined || endedByModal.includes(await status().catch(() => undefined));
    const reason = fromOutside ? describeEnding(code, lifetimeMs) : `ended by itself (exit code ${code})`;
    return new SandboxError('SANDBOX_LOST', `The sandbox ${id} ${reason}.`, { fromOutside });
  }

  async function explainError(error: unknown, summary: string): Promise<CooperBenchError> {
    const loss = await checkLost().catch(() => undefined);
    if (loss) return loss;
    // Its worker may be gone before Modal says that the sandbox has ended. No agent can do that.
    if (faults.isNotFound(error))
      return new SandboxError('SANDBOX_LOST', `The sandbox ${id} ${describeEnding(undefined)}.`, {
        fromOutside: true,
      });
    return faults.inRun(error, 'SANDBOX_EXEC', summary);
  }

  async function start(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<StartedProcess> {
    const command = await fittingCommand(argv, longestCommand, (shortArgv) => start(shortArgv, {}));
    const process = await router.start(command, env);
    const explain = (error: unknown): Promise<Error> =>
      explainError(error, 'The output of a process was lost');
    return {
      ...process,
      stdout: explainedOutput(process.stdout, explain),
      stderr: explainedOutput(process.stderr, explain),
    };
  }

  return {
    id,
    ...settings,
    start,
    explainError,
    checkLost,
    interruption: (sinceMs) => router.reachability.interruption(sinceMs),
    async terminate() {
      await sandbox.terminate().catch((error: unknown) => {
        if (!faults.isNotFound(error))
          throw faults.inRun(error, 'SANDBOX_REMOVE', `${id} could not be terminated`);
      });
      router.close();
      sandbox.detach();
    },
    restart: () => killAll(start),
  };
}

function describeEnding(code: number | undefined, lifetimeMs = 0): string {
  if (code === undefined) return 'does not exist any more';
  if (code === returned.terminated) return 'was terminated from outside';
  if (code !== returned.timeout) return `ended by itself (exit code ${code})`;
  return `reached the end of its lifetime of ${Math.round(lifetimeMs / 60_000)} minutes`;
}
