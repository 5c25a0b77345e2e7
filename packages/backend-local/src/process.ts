import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fromChildProcess, type StartedProcess } from '@cooperbench/backend-kit';
import { getMessage, SandboxError } from '@cooperbench/core';
import type { Launch } from './confinement.ts';
import { replaceInherited } from './inherited-descriptors.ts';
import { sendFilter } from './isolation.ts';
import type { Output, Pipes } from './pipes.ts';
import { kill, killMarked } from './survivors.ts';

/** How long after its start bubblewrap's processes may not die with it yet. Until then, they must be found and killed. */
const bindingMs = 2000;
/** How long the output of a plain process may stay open after its end. Then processes that it left behind are killed. */
const lingerMs = 250;

/** The processes of a sandbox. */
export interface Processes {
  /** The process IDs of running commands. */
  readonly running: Set<number>;
  /** Bubblewrap's report about each command, including those that have ended. */
  readonly reports: Promise<string>[];
}

/** Starts a command on the host. Everything that the command starts ends with it. @throws SandboxError `SANDBOX_EXEC`. */
export async function startProcess(
  launch: Launch,
  marker: string,
  pipes: Pipes,
  { running, reports }: Processes,
): Promise<StartedProcess> {
  const output = await pipes.open();
  const child = await spawnLaunch(launch, output);
  const { pid = 0 } = child;
  const report = launch.filter ? reportOf(child.stdio[3] as Readable) : undefined;
  const startMs = performance.now();
  let killing: Promise<void> | undefined;
  running.add(pid);
  if (report) reports.push(report);

  const end = (): void => {
    // After the end of a process, its ID may belong to another one.
    if (running.has(pid)) kill(-pid);
    const diesWithUs = launch.filter !== undefined && performance.now() - startMs > bindingMs;
    killing ??= diesWithUs ? Promise.resolve() : killMarked(marker);
  };
  child.once('exit', () => {
    running.delete(pid);
    if (launch.filter) return;
    kill(-pid);
    killLeftovers(output.stdout, marker);
  });
  const { stdout, stderr } = output;
  const piped = Object.assign(child, { stdout, stderr }) as ChildProcessWithoutNullStreams;
  const { exitCode, ...started } = fromChildProcess(piped, end);
  const code = async (): Promise<number> => {
    const code = await exitCode;
    await killing;
    if (code !== 0 && child.signalCode === null && report && !(await report).includes('"exit-code"'))
      throw createStartError('bubblewrap failed before the command began. Its reason is on standard error.');
    return code;
  };
  return { ...started, exitCode: code() };
}

async function spawnLaunch(launch: Launch, output: Output): Promise<ChildProcess> {
  try {
    const extraStdio = launch.filter ? 'pipe' : 'ignore';
    const stdio = replaceInherited(['pipe', ...output.ends, extraStdio, extraStdio]);
    const child = spawn(launch.file, launch.args, { cwd: '/', env: launch.env, detached: true, stdio });
    if (child.pid === undefined) throw (await once(child, 'error'))[0];
    if (launch.filter) sendFilter(child, launch.filter);
    return child;
  } catch (error) {
    output.stdout.destroy();
    output.stderr.destroy();
    throw createStartError(getMessage(error));
  } finally {
    output.closeEnds();
  }
}

/** Another attempt may succeed, because memory, processes or file descriptors were exhausted. */
function createStartError(reason: string): SandboxError {
  return new SandboxError('SANDBOX_EXEC', `The local backend could not start a process: ${reason}`, {
    retryable: true,
  });
}

/**
 * Reads bubblewrap's report. It contains an exit code only if the command was started. A bubblewrap that is killed may write
 * only a part of it.
 */
function reportOf(stream: Readable): Promise<string> {
  return text(stream).catch(() => '');
}

/** Kills daemons that left their process group, because they would hold the output open forever. */
function killLeftovers(stdout: Readable, marker: string): void {
  if (stdout.closed) return;
  const timer = setTimeout(() => void killMarked(marker), lingerMs).unref();
  stdout.once('close', () => clearTimeout(timer));
}
