import { randomUUID } from 'node:crypto';
import { TransformStream } from 'node:stream/web';
import { Deadline, settledWithin } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { Sandbox } from '../contracts/backend.ts';
import type { Job, JobReport } from '../contracts/jobs.ts';
import type { SandboxProcess } from '../contracts/workspace.ts';
import { type JobOutput, jobCommand, jobInput, readJobOutput } from './job-stream.ts';

/** How long a job's process may take to exit after its last line. */
const exitMs = 1000;
const keptStderr = 2000;

type JobSandbox = Pick<Sandbox, 'exec' | 'repoDir' | 'patchesDir' | 'origin'>;

/** Runs a job in a sandbox with one exec. @throws SandboxError; the signal's reason. */
export async function runJob(sandbox: JobSandbox, job: Job, signal: AbortSignal): Promise<JobReport> {
  using deadline = new Deadline(job.timeoutMs, signal);
  const output: JobOutput = { markedLines: [], outputFiles: new Map() };
  try {
    const endedEarly = await untilAborted(runProgram(sandbox, job, output, deadline.signal), deadline.signal);
    return { id: job.id, ...output, endedEarly };
  } catch (error) {
    if (!deadline.passed) throw error;
    return { id: job.id, ...output, endedEarly: { exitCode: 124, stderr: 'it took too long' } };
  }
}

async function runProgram(
  sandbox: JobSandbox,
  job: Job,
  output: JobOutput,
  signal: AbortSignal,
): Promise<JobReport['endedEarly']> {
  const { patchesDir: input, repoDir: repo, origin } = sandbox;
  const argv = jobCommand(job, { input, result: `${input}/results`, repo });
  const process = await sandbox.exec(argv, { signal });
  const exited = process.wait();
  exited.catch(() => {});
  const stderr = endOf(process.stderr);
  const mark = randomUUID();
  const files = origin.from === 'source' ? [...job.files, ...(job.sourceFiles ?? [])] : job.files;
  void send(process, jobInput(mark, files));
  // Code under test may keep the output open after the process has ended.
  const stdout = process.stdout.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
  const complete = await readJobOutput(stdout, mark, job.outputs, output);
  if (!complete) return { exitCode: await exited, stderr: await stderr };
  await settledWithin(exitMs, exited);
  return undefined;
}

async function send({ stdin }: SandboxProcess, input: Iterable<Uint8Array>): Promise<void> {
  try {
    const writer = stdin.getWriter();
    for (const bytes of input) await writer.write(bytes);
    await writer.close();
  } catch {
    // The process ended without reading its input. Its exit code says whether that is a failure.
  }
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
