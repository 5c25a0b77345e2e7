import type { ReadableStream } from 'node:stream/web';
import { Deadline, settledWithin } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { Sandbox } from '../contracts/backend.ts';
import type { StepReport } from '../contracts/jobs.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';
import type { ErrorTail } from './error-tail.ts';
import { KeptOutput, maxOutput } from './kept-output.ts';

/** How long output may still arrive after a process has ended. */
const drainMs = 1000;
/** The longest time that a killed process may take to end. */
const endingMs = 40_000;
const timedOutCode = 124;

export interface Step {
  /** Starts the step. The process ends when the signal aborts. */
  start(signal: AbortSignal): Promise<StepProcess>;
  readonly stdin: Uint8Array;
  readonly timeoutMs: number;
  /** Same as in `Sandbox`. */
  interruption?: Sandbox['interruption'];
}

/** The process of a step. */
export type StepProcess = Pick<SandboxProcess, 'stdin' | 'stdout' | 'wait'> & { readonly stderr: ErrorTail };

/**
 * Runs a step. The backend says how its process ended, and the host's clock limits it, so that no code in the sandbox has a
 * part in either. @throws SandboxError when the sandbox fails; the signal's reason.
 */
export async function runStep(
  { start, stdin, timeoutMs, interruption }: Step,
  signal: AbortSignal,
): Promise<StepReport> {
  using deadline = new Deadline(timeoutMs, signal);
  const full = new AbortController();
  const endController = new AbortController();
  const ending = AbortSignal.any([deadline.signal, full.signal]);
  // What the step left running may hold its outputs open.
  const readSignal = AbortSignal.any([ending, endController.signal]);
  const started = performance.now();
  const output = new KeptOutput();
  let stderr: ErrorTail | undefined;
  let exit: Promise<number> | undefined;
  let exitCode = timedOutCode;
  try {
    const process = await untilAborted(start(ending), ending);
    stderr = process.stderr;
    exit = process.wait();
    exit.catch(() => {});
    void feed(process.stdin, stdin);
    const readOutput = drain(process.stdout, readSignal, (bytes) => {
      output.add(bytes);
      if (output.size > maxOutput) full.abort();
    });
    exitCode = await untilAborted(exit, ending);
    await settledWithin(drainMs, readOutput, stderr.ended);
  } catch (error) {
    signal.throwIfAborted();
    if (!ending.aborted) throw error;
    if (exit) await settledWithin(endingMs, exit);
    const cause = deadline.passed ? await interruption?.(started) : undefined;
    if (cause) throw cause;
  } finally {
    endController.abort();
    stderr?.stop();
  }
  const endedFor = full.signal.aborted ? 'output' : deadline.passed ? 'time' : undefined;
  return {
    exitCode: endedFor ? timedOutCode : exitCode,
    output: output.bytes(),
    stderr: stderr?.text.trim() ?? '',
    seconds: Math.round((performance.now() - started) / 1000),
    ...(endedFor && { endedFor }),
  };
}

async function feed(stdin: SandboxProcess['stdin'], content: Uint8Array): Promise<void> {
  try {
    const writer = stdin.getWriter();
    if (content.length > 0) await writer.write(content);
    await writer.close();
  } catch {
    // The process ended without reading its input. Its exit code says how.
  }
}

/** Reads until the stream ends or the signal aborts. */
async function drain(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  take: (bytes: Uint8Array) => void,
): Promise<void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await untilAborted(reader.read(), signal);
      if (done) return;
      take(value);
    }
  } catch {
    // The exit code says how the process ended.
  } finally {
    void reader.cancel().catch(() => {});
  }
}
