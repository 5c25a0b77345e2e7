import { mapConcurrently } from '../async/map-concurrently.ts';
import type { Backend, RunJobsOptions, Sandbox } from '../contracts/backend.ts';
import { CooperBenchError, getMessage } from '../contracts/errors.ts';
import type { EvaluationContext } from '../contracts/evaluator.ts';
import type { Job, JobResult } from '../contracts/jobs.ts';
import { createFaultMidwayError } from '../plugins/plugin-fault.ts';
import { runJob } from './run-job.ts';

/** Implements `Backend.runJobs` for any backend: runs each job in its own sandbox. */
export function runJobsInSandboxes(
  backend: Pick<Backend, 'create'>,
  jobs: Iterable<Job> | AsyncIterable<Job>,
  options: RunJobsOptions,
): AsyncIterable<JobResult> {
  const { concurrency, signal = new AbortController().signal, onProgress, onNotice } = options;
  return mapConcurrently(jobs, concurrency, async (job): Promise<JobResult> => {
    let sandbox: Sandbox | undefined;
    try {
      sandbox = await backend.create(job.spec, { signal, ...(onProgress && { onProgress }) });
      return await runJob(sandbox, job, signal);
    } catch (error) {
      signal.throwIfAborted();
      return { id: job.id, error: getMessage(error) };
    } finally {
      // The job's result counts. The backend removes the sandbox when the run ends.
      await sandbox?.[Symbol.asyncDispose]().then(undefined, (error) => onNotice?.(getMessage(error)));
    }
  });
}

/** Returns the `runJobs` of an evaluation: the backend's own, or else one that uses sandboxes. `title` begins error messages. */
export function jobRunner(
  backend: Pick<Backend, 'create' | 'runJobs'>,
  title: string,
  options: RunJobsOptions,
): EvaluationContext['runJobs'] {
  if (!backend.runJobs) return (jobs) => runJobsInSandboxes(backend, jobs, options);
  return async function* (jobs) {
    try {
      yield* backend.runJobs?.(asynchronous(jobs), options) ?? [];
    } catch (error) {
      options.signal?.throwIfAborted();
      if (CooperBenchError.is(error)) throw error;
      throw createFaultMidwayError(`${title} failed in runJobs`, error);
    }
  };
}

async function* asynchronous<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}
