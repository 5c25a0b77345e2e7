import { randomUUID } from 'node:crypto';
import { TransformStream, type WritableStream } from 'node:stream/web';
import { settledWithin } from '../async/deadline.ts';
import type { Sandbox } from '../contracts/backend.ts';
import { SandboxError } from '../contracts/errors.ts';
import type { Job, JobReport } from '../contracts/jobs.ts';
import { ErrorTail } from './error-tail.ts';
import { buildFolders, type JobOutput, jobCommand, jobInput, readJobOutput } from './job-stream.ts';
import type { StepProcess } from './run-step.ts';

/** How long a job's process may take to exit when no step follows. */
const exitMs = 1000;

/** How long after a process its standard error may arrive. */
const errorsMs = 10_000;

/** How a job's program ended: early, or with a process that waits. */
export interface JobOutcome extends Pick<JobReport, 'endedEarly'> {
  readonly waiting?: WaitingProcess;
}

/** The process of a program that has reached its end. No code of an agent has run in it. */
interface WaitingProcess {
  /** Makes it run a step, and nothing else. It ends when the signal aborts. */
  become(step: string, signal: AbortSignal): Promise<StepProcess>;
  end(): Promise<void>;
}

/** Runs a job's program. Adds what it prints to `output` as it arrives. @throws SandboxError; the signal's reason. */
export async function runProgram(
  sandbox: Pick<Sandbox, 'exec' | 'repoDir' | 'patchesDir' | 'origin'>,
  job: Job,
  output: JobOutput,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const unreadableController = new AbortController();
  const running = AbortSignal.any([signal, unreadableController.signal]);
  const process = await sandbox.exec(jobCommand(job, buildFolders(sandbox)), { signal: running });
  const exit = process.wait();
  exit.catch(() => {});
  const mark = randomUUID();
  const stderr = new ErrorTail(process.stderr, mark);
  const sourceFiles = sandbox.origin.from === 'source' ? (job.sourceFiles ?? []) : [];
  const input = jobInput(mark, [...job.files, ...(job.randomFiles ?? []), ...sourceFiles]);
  // The program may run on the beginning of a file, so nothing of it counts.
  const inputSent = send(process.stdin, input).catch((error) => unreadableController.abort(error));
  // A process that the program left may keep the output open.
  const stdout = process.stdout.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), {
    signal: running,
  });
  const isComplete = await readJobOutput(stdout.values({ preventCancel: true }), mark, job.outputs, output);
  if (!isComplete) {
    const exitCode = await exit;
    await stderr.ended;
    return { endedEarly: { exitCode, stderr: stderr.text.trim() } };
  }
  return {
    waiting: {
      async become(step, stop) {
        const kill = (): void => void process.kill().catch(() => {});
        if (stop.aborted) kill();
        else stop.addEventListener('abort', kill, { once: true });
        await inputSent;
        const isSent = await send(process.stdin, [Buffer.from(`${step}\n`)]);
        if (!isSent && !stop.aborted) throw createEndedTooEarlyError();
        return {
          ...{ stdin: process.stdin, stdout, stderr },
          // The exit code of a process that has read no step is not the step's.
          async wait() {
            const exitCode = await exit;
            if ((await settledWithin(errorsMs, stderr.marked)) && (await stderr.marked)) return exitCode;
            throw createEndedTooEarlyError();
          },
        };
      },
      async end() {
        void inputSent.then(() => process.stdin.close()).catch(() => {});
        void stdout.cancel().catch(() => {});
        await settledWithin(exitMs, exit);
        stderr.stop();
      },
    },
  };
}

function createEndedTooEarlyError(): SandboxError {
  return new SandboxError('SANDBOX_EXEC', 'The process of the job ended before its first step.');
}

/**
 * Resolves with false when the process ended without reading all of its input: its exit code says how. @throws when the input
 * cannot be read.
 */
async function send(stdin: WritableStream<Uint8Array>, input: Iterable<Uint8Array>): Promise<boolean> {
  const writer = stdin.getWriter();
  try {
    for (const bytes of input) {
      const isWritten = await writer.write(bytes).then(
        () => true,
        () => false,
      );
      if (!isWritten) return false;
    }
    return true;
  } finally {
    writer.releaseLock();
  }
}
