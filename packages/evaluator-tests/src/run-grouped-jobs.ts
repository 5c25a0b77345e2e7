import type { EvaluationContext, Job, JobResult } from '@cooperbench/core';

/** The results of all jobs of an item, or why its jobs could not be made. */
export type GroupOutcome<T> =
  | { readonly item: T; readonly results: readonly JobResult[] }
  | { readonly item: T; readonly error: unknown };

/** Runs the jobs of each item. Yields an item as soon as the result of its last job arrives. */
export async function* runGroupedJobs<T>(
  items: Iterable<T>,
  jobsOf: (item: T) => Promise<readonly Job[]>,
  context: Pick<EvaluationContext, 'runJobs'>,
): AsyncGenerator<GroupOutcome<T>> {
  const pending = new Map<string, { item: T; results: JobResult[]; expected: number }>();
  const failed: GroupOutcome<T>[] = [];
  const jobs = async function* (): AsyncGenerator<Job> {
    for (const item of items) {
      try {
        const own = await jobsOf(item);
        const group = { item, results: [], expected: own.length };
        for (const { id } of own) pending.set(id, group);
        yield* own;
      } catch (error) {
        failed.push({ item, error });
      }
    }
  };
  for await (const result of context.runJobs(jobs())) {
    yield* failed.splice(0);
    const group = pending.get(result.id);
    pending.delete(result.id);
    if (group && group.results.push(result) === group.expected) yield group;
  }
  yield* failed;
  for (const [id, group] of pending)
    if (group.results.push({ id, error: 'the backend gave no result' }) === group.expected) yield group;
}
