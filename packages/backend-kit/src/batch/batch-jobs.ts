import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, JobResult, RunJobsOptions } from '@cooperbench/core';
import {
  checkOwner,
  getReason,
  mapConcurrently,
  pickDefined,
  readOwner,
  SandboxError,
} from '@cooperbench/core';
import { Batch, type BatchTask, getKey } from './batch.ts';
import type { BatchEngine, BatchState } from './batch-engine.ts';
import { findOwnedSessions, ownSession, removeSession } from './batch-sessions.ts';

/** The limit of concurrent requests. */
const transfers = 16;
/**
 * `Backend.runJobs` on a provider's batch engine: one batch for each image, one task for each job. Takes all jobs before
 * it starts a batch, and keeps no input in memory. Batches of a killed process keep running; the next call with the same jobs
 * takes their results over. Deletes everything at the end, even after an abort.
 */
export async function* runJobsInBatches(
  engine: BatchEngine,
  jobs: AsyncIterable<Job>,
  options: RunJobsOptions,
): AsyncGenerator<JobResult> {
  const call = new BatchCall(engine, options);
  try {
    yield* call.takeJobs(jobs);
    yield* call.results();
  } finally {
    await call.remove();
  }
}

class BatchCall {
  readonly #engine: BatchEngine;
  readonly #options: RunJobsOptions;
  readonly #session = randomBytes(6).toString('hex');
  /** This call's, and those that it takes over. */
  readonly #sessions = new Set<string>();
  /** To be submitted, with a job of each. */
  readonly #queue = new Map<
    string,
    { readonly batch: Batch; readonly job: Pick<Job, 'spec' | 'program' | 'stepProgram'> }
  >();
  readonly #live = new Set<Batch>();

  constructor(engine: BatchEngine, options: RunJobsOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  /** Uploads the inputs. Yields a result for each job that cannot be submitted. */
  async *takeJobs(jobs: AsyncIterable<Job>): AsyncGenerator<JobResult> {
    let placesByJob = new Map<string, { readonly batch: Batch; readonly index: number }>();
    let refusal: string | undefined;
    try {
      await this.#engine.objects.open();
      await this.#claimSession(this.#session);
      placesByJob = await this.#findEarlierBatches();
    } catch (error) {
      refusal = this.#explain(error);
    }
    let foundCount = 0;
    const take = async (job: Job): Promise<JobResult | undefined> => {
      this.#options.signal?.throwIfAborted();
      if (refusal !== undefined) return { id: job.id, error: refusal };
      let key: string;
      try {
        key = getKey(job);
      } catch (error) {
        // A file of this job cannot be read. That concerns no other job.
        return { id: job.id, error: this.#explain(error) };
      }
      const { batch, index = 0 } = placesByJob.get(key) ?? {};
      if (!batch) return this.#upload(job, key);
      placesByJob.delete(key);
      foundCount += 1;
      batch.expect(index, job);
      this.#live.add(batch);
      return undefined;
    };
    for await (const failedResult of mapConcurrently(jobs, transfers, take))
      if (failedResult) yield failedResult;
    for (const { session } of this.#live) if (!this.#sessions.has(session)) await this.#claimSession(session);
    if (foundCount > 0)
      this.#options.onNotice?.(`Continuing ${foundCount} evaluations of a command that was stopped.`);
  }

  /** Submits the batches, as many as may run at the same time, and yields results as they arrive. */
  async *results(): AsyncGenerator<JobResult> {
    const { concurrency, signal, onNotice } = this.#options;
    const { giveUpAfterMs, pollMs } = this.#engine;
    const share = Math.max(1, Math.floor(concurrency / (this.#queue.size + this.#live.size)));
    for (let heardAt = performance.now(); ; ) {
      signal?.throwIfAborted();
      yield* this.#submit(share);
      if (this.#live.size === 0 && this.#queue.size === 0) return;
      try {
        yield* this.#look();
        heardAt = performance.now();
      } catch (error) {
        signal?.throwIfAborted();
        const reason = this.#explain(error);
        onNotice?.(reason);
        if (performance.now() - heardAt > giveUpAfterMs)
          for (const batch of this.#live) yield* this.#giveUp(batch, reason);
      }
      if (this.#live.size + this.#queue.size > 0) await sleep(pollMs, undefined, { signal }).catch(() => {});
    }
  }

  async remove(): Promise<void> {
    for (const session of this.#sessions)
      await removeSession(this.#engine, session).catch((error: unknown) => {
        const reason = this.#explain(error);
        this.#options.onNotice?.(
          `The evaluation ${session} is not deleted. Run cooperbench clean. ${reason}`,
        );
      });
  }

  async #claimSession(session: string): Promise<void> {
    this.#sessions.add(session);
    await ownSession(this.#engine, session);
  }

  /** Finds the tasks of dead processes, by key. */
  async #findEarlierBatches(): Promise<Map<string, { batch: Batch; index: number }>> {
    const foundJobs = new Map<string, { batch: Batch; index: number }>();
    for (const [session, sessionOwner] of await findOwnedSessions(this.#engine)) {
      const owner = readOwner(sessionOwner.owner);
      if (!owner || checkOwner(owner) !== 'dead') continue;
      for (const { name, parallelism } of await this.#engine.batches(session)) {
        const manifest = await this.#engine.objects.read(session, `${name}.json`);
        const batch = new Batch(session, name, JSON.parse(manifest.toString()) as BatchTask[], parallelism);
        for (const [index, { key }] of batch.tasks.entries()) foundJobs.set(key, { batch, index });
      }
    }
    return foundJobs;
  }

  async #upload(job: Job, key: string): Promise<JobResult | undefined> {
    const { image, network = 'open', cpus, memoryMiB } = job.spec;
    const kind = JSON.stringify([image, network, cpus, memoryMiB, job.program, job.stepProgram]);
    const place = this.#queue.get(kind);
    const batch = place?.batch ?? new Batch(this.#session, String(this.#queue.size));
    const { spec, program, stepProgram } = job;
    if (!place) this.#queue.set(kind, { batch, job: { spec, program, stepProgram } });
    const { index, input } = batch.add(job, key);
    try {
      await this.#engine.objects.write(this.#session, batch.object(index, 'input'), input);
      batch.expect(index, job);
      return undefined;
    } catch (error) {
      return { id: job.id, error: this.#explain(error) };
    }
  }

  async *#submit(share: number): AsyncGenerator<JobResult> {
    let free = this.#options.concurrency;
    for (const { parallelism } of this.#live) free -= parallelism;
    for (const [kind, { batch, job }] of this.#queue) {
      if (free <= 0) return;
      const { name, session, tasks, timeoutMs } = batch;
      const parallelism = Math.min(tasks.length, share, free);
      const { image, labels, network = 'open' } = job.spec;
      const { program, stepProgram } = job;
      const needs = pickDefined(job.spec, 'cpus', 'memoryMiB');
      const programs = { program, stepProgram, run: labels.run ?? '', tasks: tasks.length };
      const batchKey = { name, image, network, ...needs, ...programs };
      try {
        await this.#engine.objects.write(session, `${name}.json`, JSON.stringify(tasks));
        await this.#engine.submit(session, { ...batchKey, parallelism, timeoutMs });
      } catch (error) {
        const fault = this.#engine.errorOf(error);
        batch.refusedAt ??= performance.now();
        const isRetryable = SandboxError.is(fault) && fault.retryable;
        this.#options.onNotice?.(getReason(fault));
        if (isRetryable && performance.now() - batch.refusedAt < this.#engine.giveUpAfterMs) return;
        this.#queue.delete(kind);
        yield* this.#giveUp(batch, getReason(fault));
        continue;
      }
      this.#queue.delete(kind);
      this.#live.add(batch);
      batch.parallelism = parallelism;
      batch.changedAt = performance.now();
      free -= parallelism;
    }
  }

  async *#look(): AsyncGenerator<JobResult> {
    for (const session of this.#sessions) {
      // States before results: a batch that is over leaves no more of them.
      const states = await this.#engine.batches(session);
      const names = new Set(await this.#engine.objects.listNames(session, '.result'));
      for (const batch of this.#live) {
        if (batch.session !== session) continue;
        const ready = [...batch.waiting].filter(([index]) => names.has(batch.object(index, 'result')));
        if (ready.length > 0) batch.changedAt = performance.now();
        yield* mapConcurrently(ready, transfers, async ([index]) => {
          const bytes = await this.#engine.objects.read(session, batch.object(index, 'result'));
          return batch.result(index, bytes);
        });
        const state = states.find(({ name }) => name === batch.name);
        for (const trouble of state?.troubles ?? []) this.#options.onNotice?.(trouble);
        yield* this.#endIfOver(batch, state);
      }
    }
  }

  async *#endIfOver(batch: Batch, state: BatchState | undefined): AsyncGenerator<JobResult> {
    const { session, name, waiting, progress, changedAt, timeoutMs } = batch;
    if (waiting.size === 0) this.#live.delete(batch);
    else if (state?.over) {
      const reasons = await this.#engine.failures(session, name);
      yield* this.#giveUp(batch, reasons.get(-1) ?? 'The task ended without a result.', reasons);
    } else if (!state && progress !== undefined) yield* this.#giveUp(batch, 'Somebody deleted the batch.');
    else if (state && state.progress !== progress) {
      batch.progress = state.progress;
      batch.changedAt = performance.now();
    } else if (performance.now() - changedAt > this.#engine.giveUpAfterMs + timeoutMs) {
      await this.#engine.stop(session, name);
      const minutes = Math.round((performance.now() - changedAt) / 60_000);
      const trouble = state?.troubles.at(-1) ?? '';
      yield* this.#giveUp(batch, `No task started or ended for ${minutes} minutes. ${trouble}`.trimEnd());
    }
  }

  #explain(error: unknown): string {
    return getReason(this.#engine.errorOf(error));
  }

  *#giveUp(batch: Batch, error: string, reasons?: ReadonlyMap<number, string>): Generator<JobResult> {
    this.#live.delete(batch);
    for (const [index, { id }] of batch.waiting) yield { id, error: reasons?.get(index) ?? error };
  }
}
