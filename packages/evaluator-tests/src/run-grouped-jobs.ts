import type { EvaluationContext, Job, JobResult } from '@cooperbench/core';
import { ResultStore, type StoredResults } from './result-store.ts';

/** The results of all jobs of an item, or why its jobs could not be made. */
export type GroupOutcome<T> =
  | { readonly item: T; readonly results: readonly JobResult[] }
  | { readonly item: T; readonly error: unknown };

/**
 * Runs the jobs of each item. Yields an item as soon as the result of its last job arrives. `memoryBytes` limits the results
 * that wait for this in memory.
 */
export async function* runGroupedJobs<T>(
  items: Iterable<T>,
  jobsOf: (item: T) => Promise<readonly Job[]>,
  context: Pick<EvaluationContext, 'runJobs'>,
  memoryBytes?: number,
): AsyncGenerator<GroupOutcome<T>> {
  await using store = new ResultStore(memoryBytes);
  const pending = new Map<string, { item: T; stored: StoredResults[]; expected: number }>();
  const failedOutcomes: GroupOutcome<T>[] = [];
  const buildJobs = async function* (): AsyncGenerator<Job> {
    for (const item of items) {
      try {
        const groupJobs = await jobsOf(item);
        const group = { item, stored: [], expected: groupJobs.length };
        for (const { id } of groupJobs) pending.set(id, group);
        yield* groupJobs;
      } catch (error) {
        failedOutcomes.push({ item, error });
      }
    }
  };
  for await (const result of context.runJobs(buildJobs())) {
    yield* failedOutcomes.splice(0);
    const group = pending.get(result.id);
    pending.delete(result.id);
    if (!group) continue;
    const { item, stored, expected } = group;
    if (stored.length + 1 < expected) stored.push(await store.add([result]));
    else yield { item, results: [...(await takeAll(stored)), result] };
  }
  yield* failedOutcomes;
  for (const [id, { item, stored, expected }] of pending) {
    const result = { id, error: 'the backend gave no result' };
    if (stored.length + 1 < expected) stored.push(await store.add([result]));
    else yield { item, results: [...(await takeAll(stored)), result] };
  }
}

async function takeAll(storedBatches: readonly StoredResults[]): Promise<JobResult[]> {
  const results: JobResult[] = [];
  for (const storedResults of storedBatches) results.push(...(await storedResults.take()));
  return results;
}
