import { Deadline } from '../async/deadline.ts';
import { untilAborted } from '../async/until-aborted.ts';
import type { Sandbox } from '../contracts/backend.ts';
import { SandboxError } from '../contracts/errors.ts';
import type { Job, JobReport, StepReport } from '../contracts/jobs.ts';
import { ErrorTail } from './error-tail.ts';
import { type JobOutcome, runProgram } from './job-process.ts';
import { buildFolders, type JobOutput, stepCommand } from './job-stream.ts';
import { runStep, type StepProcess } from './run-step.ts';

type JobSandbox = Pick<Sandbox, 'exec' | 'repoDir' | 'patchesDir' | 'origin' | 'interruption'>;

/**
 * Runs a job in a sandbox: its program with one exec, which becomes the first step, and each further step with one more. What
 * happens to the sandbox while steps run may be the doing of their code, so it is part of the report. @throws SandboxError
 * before the first step; the signal's reason.
 */
export async function runJob(sandbox: JobSandbox, job: Job, signal: AbortSignal): Promise<JobReport> {
  const output: JobOutput = { markedLines: [], outputFiles: new Map() };
  const { endedEarly, waiting } = await runProgramWithin(sandbox, job, output, signal);
  const report: JobReport = { id: job.id, ...output, ...(endedEarly && { endedEarly }) };
  if (!waiting) return report;
  let first: typeof waiting | undefined = waiting;
  let interrupted: SandboxError | undefined;
  const interruption = async (sinceMs: number): Promise<SandboxError | undefined> => {
    interrupted = await sandbox.interruption?.(sinceMs);
    return interrupted;
  };
  const start = async (name: string, stop: AbortSignal): Promise<StepProcess> => {
    const becoming = first?.become(name, stop);
    first = undefined;
    if (becoming) return becoming;
    const process = await sandbox.exec(stepCommand(job, buildFolders(sandbox), name), { signal: stop });
    const { stdin, stdout, stderr } = process;
    return { stdin, stdout, stderr: new ErrorTail(stderr), wait: () => process.wait() };
  };
  const steps = new Map<string, StepReport>();
  try {
    let previousReport: StepReport | undefined;
    for (const { name, stdin, timeoutMs, afterSuccess, afterFailure } of job.steps ?? []) {
      const input = report.outputFiles.get(stdin);
      const hasFailed = (step: StepReport | undefined): boolean => step !== undefined && step.exitCode !== 0;
      const isLeftOut =
        (afterSuccess && [...steps.values()].some(hasFailed)) || (afterFailure && !hasFailed(previousReport));
      previousReport = undefined;
      if (!input || isLeftOut) continue;
      const step = { start: (stop: AbortSignal) => start(name, stop), stdin: input, timeoutMs, interruption };
      previousReport = await runStep(step, signal);
      steps.set(name, previousReport);
    }
    await first?.end();
  } catch (error) {
    signal.throwIfAborted();
    if (!SandboxError.is(error) || error === interrupted) throw error;
    return { ...report, steps, lost: error.message };
  }
  return job.steps?.length ? { ...report, steps } : report;
}

async function runProgramWithin(
  sandbox: JobSandbox,
  job: Job,
  output: JobOutput,
  signal: AbortSignal,
): Promise<JobOutcome> {
  using deadline = new Deadline(job.timeoutMs, signal);
  const startMs = performance.now();
  try {
    return await untilAborted(runProgram(sandbox, job, output, deadline.signal), deadline.signal);
  } catch (error) {
    if (!deadline.passed) throw error;
    const cause = await sandbox.interruption?.(startMs);
    if (cause) throw cause;
    return { endedEarly: { exitCode: 124, stderr: 'it took too long' } };
  }
}
