import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';
import { missing } from './daemon.ts';

const evaluationFigures = [
  { name: 'docker-evaluation', unit: 'ms', bound: 1.3, of: 'ratio' },
  // At least 85 % of the floor's throughput.
  { name: 'docker-evaluations', unit: 'ms', bound: 1 / 0.85, of: 'ratio' },
  { name: 'docker-network', unit: 'ms', bound: 2, of: 'ratio' },
] as const;

/** The Docker backend, against a daemon's bare API. */
export const docker: Benchmark = {
  name: 'docker',
  figures: [
    ...evaluationFigures,
    { name: 'docker-exec', unit: 'ms', bound: 1.3, of: 'ratio' },
    { name: 'docker-message', unit: 'ms', bound: 1.5, of: 'ratio' },
    { name: 'docker-stdio', unit: 'ms', bound: 2, of: 'ratio' },
    { name: 'docker-tunnel-parallel', unit: 'ms', bound: 5, of: 'ratio' },
    { name: 'docker-tunnel-10-mb', unit: 'ms', bound: 20, of: 'ratio' },
    { name: 'docker-memory', unit: 'MiB', bound: 250, of: 'value' },
  ],
  missing,
  measure: async () => [
    ...(await runInChild<Measurement[]>('docker/evaluate.ts')),
    await runInChild<Measurement>('docker/exec.ts'),
    await runInChild<Measurement>('message/send.ts', 'docker'),
    await runInChild<Measurement>('docker/stdio.ts'),
    ...(await runInChild<Measurement[]>('docker/tunnel.ts')),
    await runInChild<Measurement>('docker/hundred.ts'),
  ],
};
