import { randomUUID } from 'node:crypto';
import { TransformStream } from 'node:stream/web';
import { Deadline, settledWithin } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { Sandbox } from '../contracts/backend.ts';
import { SandboxError } from '../contracts/errors.ts';
import type { Job, JobReport, StepReport } from '../contracts/jobs.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';
import {
  type JobFolders,
  type JobOutput,
  jobCommand,
  jobInput,
  readJobOutput,
  stepCommand,
} from './job-stream.ts';
import { runStep } from './run-step.ts';

/** How long a job's process may take to exit after its last line. */
const exitMs = 1000;
const keptStderr = 2000;

type JobSandbox = Pick<Sandbox, 'exec' | 'repoDir' | 'patchesDir' | 'origin'>;

/**
 * Runs a job in a sandbox: its program with one exec, each step with one more. What happens to the sandbox while steps run may
 * be the doing of their code, so it is part of the report. @throws SandboxError before the first step; the signal's reason.
 */
export async function runJob(sandbox: JobSandbox, job: Job, signal: AbortSignal): Promise<JobReport> {
  const report = await runProgramWithin(sandbox, job, signal);
  if (report.endedEarly || !job.steps?.length) return report;
  const steps = new Map<string, StepReport>();
  try {
    let before: StepReport | undefined;
    for (const { name, stdin, timeoutMs, afterSuccess, afterFailure } of job.steps) {
      const input = report.outputFiles.get(stdin);
      const failed = (step: StepReport | undefined): boolean => step !== undefined && step.exitCode !== 0;
      const isLeftOut =
        (afterSuccess && [...steps.values()].some(failed)) || (afterFailure && !failed(before));
      before = undefined;
      if (!input || isLeftOut) continue;
      const argv = stepCommand(job, foldersOf(sandbox), name);
      before = await runStep(sandbox, { argv, stdin: input, timeoutMs }, signal);
      steps.set(name, before);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!SandboxError.is(error)) throw error;
    return { ...report, steps, lost: error.message };
  }
  return { ...report, steps };
}

async function runProgramWithin(sandbox: JobSandbox, job: Job, signal: AbortSignal): Promise<JobReport> {
  using deadline = new Deadline(job.timeoutMs, signal);
  const output: JobOutput = { markedLines: [], outputFiles: new Map() };
  try {
    const endedEarly = await untilAborted(runProgram(sandbox, job, output, deadline.signal), deadline.signal);
    return { id: job.id, ...output, ...(endedEarly && { endedEarly }) };
  } catch (error) {
    if (!deadline.passed) throw error;
    return { id: job.id, ...output, endedEarly: { exitCode: 124, stderr: 'it took too long' } };
  }
}

function foldersOf({ patchesDir: input, repoDir: repo }: JobSandbox): JobFolders {
  return { input, result: `${input}/results`, repo };
}

async function runProgram(
  sandbox: JobSandbox,
  job: Job,
  output: JobOutput,
  signal: AbortSignal,
): Promise<JobReport['endedEarly']> {
  const unreadable = new AbortController();
  const running = AbortSignal.any([signal, unreadable.signal]);
  const process = await sandbox.exec(jobCommand(job, foldersOf(sandbox)), { signal: running });
  const exited = process.wait();
  exited.catch(() => {});
  const stderr = endOf(process.stderr);
  const mark = randomUUID();
  const sourceFiles = sandbox.origin.from === 'source' ? (job.sourceFiles ?? []) : [];
  const input = jobInput(mark, [...job.files, ...(job.randomFiles ?? []), ...sourceFiles]);
  // The program may run on the beginning of a file, so nothing of it counts.
  send(process, input).catch((error) => unreadable.abort(error));
  // A process that the program left may keep the output open.
  const stdout = process.stdout.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), {
    signal: running,
  });
  const complete = await readJobOutput(stdout, mark, job.outputs, output);
  if (!complete) return { exitCode: await exited, stderr: await stderr };
  await settledWithin(exitMs, exited);
  return undefined;
}

/** @throws when the input cannot be read. */
async function send({ stdin }: SandboxProcess, input: Iterable<Uint8Array>): Promise<void> {
  const writer = stdin.getWriter();
  const settle = async (written: Promise<void>): Promise<boolean> => {
    // The process ended without reading its input. Its exit code says whether that is a failure.
    return await written.then(
      () => true,
      () => false,
    );
  };
  for (const bytes of input) if (!(await settle(writer.write(bytes)))) return;
  await settle(writer.close());
}

async function endOf(stream: SandboxProcess['stderr']): Promise<string> {
  let kept = '';
  try {
    for await (const bytes of stream) kept = `${kept}${Buffer.from(bytes)}`.slice(-keptStderr);
  } catch {
    // The exit code says how the process ended.
  }
  return kept.trim();
}
