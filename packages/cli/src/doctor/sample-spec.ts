import { randomBytes } from 'node:crypto';
import { sampleDataset } from '@cooperbench/command/sample-dataset';
import type { SandboxSpec } from '@cooperbench/core';
import { discover } from '@cooperbench/runs';

/**
 * Returns a function that describes sandboxes of a sample task. The task has a Dockerfile and a setup.sh, for every kind of
 * backend.
 */
export function sampleSpecs(image: string | undefined): () => SandboxSpec {
  const [task] = discover(sampleDataset()).tasks;
  if (task === undefined) throw new Error('The sample dataset contains no tasks.');
  const run = randomBytes(4).toString('hex');
  let count = 0;
  return () => ({
    name: `cooperbench-doctor-${run}-${++count}`,
    labels: { run: `doctor-${run}`, trial: 'doctor', seat: 'doctor' },
    image: image ?? task.image,
    taskDir: task.directory,
    untrusted: false,
    lifetimeMs: 600_000,
  });
}
