import { runJobsInBatches } from '@cooperbench/backend-kit';
import type { Job } from '@cooperbench/core';
import { openAccount } from '../account.ts';
import { type BatchOptions, GoogleBatch } from './google-batch.ts';

export const bucket = 'evaluations';
export const image = 'registry.test/task:1';

export const batchOptions: BatchOptions = {
  bucket,
  region: 'us-central1',
  zones: ['us-central1-a'],
  machineType: 'e2-standard-2',
  diskGiB: 50,
  publicAddress: true,
};

const hello = 'read -r mark; mkdir "$2"; cat "$1/greeting" > "$2/out"; echo "$mark well"; echo noise';

export function jobOf(id: string, overrides: Partial<Job> = {}): Job {
  return {
    id,
    spec: { name: id, labels: { run: 'My run' }, image, taskDir: '/x', untrusted: true, lifetimeMs: 60_000 },
    program: hello,
    files: new Map([['greeting', `hello ${id}`]]),
    outputs: new Map([['out', 1000]]),
    timeoutMs: 60_000,
    ...overrides,
  };
}

async function* jobs(): AsyncGenerator<Job> {
  yield* ['a', 'b'].map((id) => jobOf(id));
}

// As a separate program: submits two jobs, and looks for no result.
if (import.meta.main) {
  const engine = new GoogleBatch(await openAccount('p'), batchOptions);
  for await (const _ of runJobsInBatches(Object.assign(engine, { pollMs: 600_000 }), jobs(), {
    concurrency: 2,
  }));
}
