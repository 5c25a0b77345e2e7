import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { SandboxError, settledWithin } from '@cooperbench/core';
import type { SandboxDriver, StartedProcess } from './driver.ts';

const killScript = readFileSync(new URL('../../src/sandbox/kill-tree.sh', import.meta.url), 'utf8');

/**
 * Ends all processes. Linux signals all of them in one step, so none can escape by starting another. A kernel that goes
 * through a list may miss a new one, so the script repeats the signal.
 */
const killAllScript = 'for round in 1 2 3 4 5 6 7 8; do kill -KILL -1; done 2> /dev/null; exit 0';

/** How long the scripts may take. A fork bomb in a small sandbox keeps them busy. */
const scriptMs = 60_000;
const killAllMs = 20_000;
const failures = 3;
const rounds = 30;
/** The last kill script of each sandbox. The next one waits for it. */
const turns = new WeakMap<Commands, Promise<void>>();

type Commands = Pick<SandboxDriver, 'start' | 'restart'>;

/**
 * Ends the processes that carry a marker, again and again until `over` says that the exec has ended. Restarts the sandbox when
 * the script cannot be started or does not finish. @throws the driver's errors.
 */
export function killTree(driver: Commands, marker: string, hasEnded: () => boolean): Promise<void> {
  const turn = (turns.get(driver) ?? Promise.resolve()).then(() => kill(driver, marker, hasEnded));
  turns.set(
    driver,
    turn.catch(() => {}),
  );
  return turn;
}

async function kill(driver: Commands, marker: string, hasEnded: () => boolean): Promise<void> {
  let failureCount = 0;
  for (let round = 0; failureCount < failures && round < rounds; round += 1) {
    const script = await start(driver, marker);
    if (script === undefined) break;
    const exit = waitQuietly(script);
    exit.catch(() => {});
    // A hostile process that stops all others stops the script, too.
    if (!(await settledWithin(scriptMs, exit))) break;
    const isComplete = (await exit) === 0;
    if (!isComplete) failureCount += 1;
    // A provider may report a process as started slightly too early, so another round may find more.
    await delay(Math.min(5 * 2 ** round, 200));
    if (hasEnded() && isComplete) return;
  }
  await driver.restart?.();
}

/**
 * Ends all processes of a sandbox except its first. Serves as `restart` for a provider that has no such call. Needs root in a
 * PID namespace of the sandbox's own. A process that stops each new process immediately can prevent it.
 * @throws the errors of `start`; SandboxError `SANDBOX_EXEC` when the processes cannot be ended.
 */
export async function killAll(start: SandboxDriver['start']): Promise<void> {
  for (let failureCount = 0; failureCount < failures; failureCount += 1) {
    const exit = waitQuietly(await start(['/bin/sh', '-c', killAllScript], {}, undefined));
    exit.catch(() => {});
    // The script of killTree may have stopped this script and been killed by it. The next round ends both.
    if ((await settledWithin(killAllMs, exit)) && (await exit) === 0) return;
  }
  throw new SandboxError('SANDBOX_EXEC', 'Processes in the sandbox stop every program that would end them.');
}

/** Returns undefined if no process can be started. */
async function start(driver: Commands, marker: string): Promise<StartedProcess | undefined> {
  try {
    return await driver.start(['/bin/sh', '-c', killScript, 'sh', marker], {}, undefined);
  } catch (error) {
    if (SandboxError.is(error) && error.code === 'SANDBOX_EXEC' && driver.restart) return undefined;
    throw error;
  }
}

async function waitQuietly({ stdin, stdout, stderr, exitCode }: StartedProcess): Promise<number> {
  const streams = [stdin.close(), stdout.cancel(), stderr.cancel()];
  for (const stream of streams) stream.catch(() => {});
  return exitCode;
}
