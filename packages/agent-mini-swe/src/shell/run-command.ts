import { Deadline, runCommand, type Workspace } from '@cooperbench/core';
import { type Capture, drain, HeadAndTail } from './capture.ts';

export interface ShellOptions {
  /** `bash` or `sh`, from `findShell`. */
  readonly shell: string;
  readonly timeoutMs: number;
  readonly outputBytes: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface CommandOutcome {
  /** It is undefined if it was killed at the timeout. */
  readonly exitCode: number | undefined;
  readonly output: Capture;
}

/** Finds the shell to use. An image may have sh only. */
export async function findShell(workspace: Workspace, signal: AbortSignal): Promise<string> {
  const probe = await runCommand(workspace, ['bash', '-c', 'exit 0'], { signal });
  return probe.exitCode === 0 ? 'bash' : 'sh';
}

/** Sends both outputs through one stream, so that their lines stay in order. */
const wrapper = 'exec </dev/null 2>&1; eval "$1"';

/**
 * Runs a command in a fresh shell in the repository. At the timeout it kills everything that the command started, and
 * returns. Processes that the command leaves in the background live on, and nothing waits for them.
 * @throws SandboxError when the sandbox is lost; the signal's reason when aborted.
 */
export async function runShellCommand(
  workspace: Workspace,
  command: string,
  options: ShellOptions & { readonly signal: AbortSignal },
): Promise<CommandOutcome> {
  const { shell, env, signal } = options;
  using deadline = new Deadline(options.timeoutMs, signal);
  const output = new HeadAndTail(options.outputBytes);
  try {
    const argv = [shell, '-c', wrapper, shell, command];
    const process = await workspace.exec(argv, { env, signal: deadline.signal });
    const exit = process.wait();
    const end = exit.catch(() => {});
    process.stdin.close().catch(() => {});
    const drains = [process.stdout, process.stderr].map((stream) => drain(stream, output, end));
    const settled = await Promise.allSettled([exit, ...drains]);
    signal.throwIfAborted();
    if (deadline.passed) return { exitCode: undefined, output: output.result() };
    for (const result of settled) if (result.status === 'rejected') throw result.reason;
    return { exitCode: await exit, output: output.result() };
  } catch (error) {
    signal.throwIfAborted();
    if (error === deadline.signal.reason) return { exitCode: undefined, output: output.result() };
    throw error;
  }
}
