import { mapConcurrently } from '../async/map-concurrently.ts';
import type { Backend, RunJobsOptions, Sandbox } from '../contracts/backend.ts';
import { getMessage } from '../contracts/errors.ts';
import type { KeptJob } from '../contracts/jobs.ts';
import { runJob } from './run-job.ts';

/**
 * Implements `keepSandboxes` of an evaluation. A failure costs time later, and no verdict, so it is a notice: the job's key is
 * not among those that are yielded.
 */
export async function* keepSandboxes(
  backend: Pick<Backend, 'create'> & Required<Pick<Backend, 'hasKept'>>,
  jobs: Iterable<KeptJob>,
  { concurrency, signal = new AbortController().signal, onNotice, onProgress }: RunJobsOptions,
): AsyncGenerator<string> {
  const keepJob = async (job: KeptJob): Promise<string | undefined> => {
    const { key, spec } = job;
    let sandbox: Sandbox | undefined;
    try {
      const keepOptions = { signal, ...(onProgress && { onProgress }) };
      const isKept = await backend.hasKept({ ...spec, kept: key }, keepOptions);
      if (isKept !== false) return isKept ? key : undefined;
      sandbox = await backend.create(spec, keepOptions);
      if (!sandbox.keep || !job.isToKeep(await runJob(sandbox, job, signal))) return undefined;
      await sandbox.keep(key, { signal });
      return key;
    } catch (error) {
      signal.throwIfAborted();
      onNotice?.(`${job.id} could not be kept, so tests begin with the image: ${getMessage(error)}`);
      return undefined;
    } finally {
      await sandbox?.[Symbol.asyncDispose]().then(undefined, (error) => onNotice?.(getMessage(error)));
    }
  };
  for await (const key of mapConcurrently(jobs, concurrency, keepJob)) if (key !== undefined) yield key;
}
