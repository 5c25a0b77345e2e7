import {
  type BatchEngine,
  type Leftover,
  leftoverSessions,
  runJobsInBatches,
  type SandboxNeeds,
} from '@cooperbench/backend-kit';
import { MachineBackend } from '@cooperbench/backend-kit/machines';
import type { Job, JobResult, RunJobsOptions } from '@cooperbench/core';
import { ComputeEngine } from './compute-engine.ts';
import { faults } from './google-cloud/index.ts';
import { chooseMachineType } from './google-cloud/machine-type.ts';
import { type GcpOptions, type GcpSettings, settingsOf } from './options.ts';

/** Sandboxes on Google Cloud: each is its own VM. */
export class GcpBackend extends MachineBackend<ComputeEngine> {
  readonly #settings: GcpSettings;
  /** On Google Batch, where the option `bucket` is set. */
  readonly runJobs?: (jobs: AsyncIterable<Job>, options: RunJobsOptions) => AsyncIterable<JobResult>;

  constructor(options: GcpOptions = {}) {
    const settings = settingsOf(options);
    super({
      name: 'Google Cloud',
      faults,
      options: settings,
      zones: settings.zones,
      longestMs: 120 * 24 * 3_600_000,
      connect: () => ComputeEngine.connect(settings),
    });
    this.#settings = settings;
    if (settings.bucket !== undefined) this.runJobs = (jobs, options) => this.#runInBatches(jobs, options);
  }

  protected override checkNeeds(needs: SandboxNeeds): void {
    chooseMachineType(needs, this.#settings.machineType);
  }

  protected override async *listLeftovers(machines: ComputeEngine): AsyncGenerator<Leftover> {
    yield* super.listLeftovers(machines);
    if (this.runJobs) yield* leftoverSessions(await this.#batch(machines));
  }

  async *#runInBatches(jobs: AsyncIterable<Job>, options: RunJobsOptions): AsyncGenerator<JobResult> {
    const machines = await this.account.get(options.signal);
    yield* runJobsInBatches(await this.#batch(machines), jobs, options);
  }

  /** Google's clients for Batch and Storage are large, so they are loaded when they are needed. */
  async #batch({ account }: ComputeEngine): Promise<BatchEngine> {
    const { GoogleBatch } = await import('./google-cloud/batch/google-batch.ts');
    return new GoogleBatch(account, { ...this.#settings, bucket: String(this.#settings.bucket) });
  }
}
