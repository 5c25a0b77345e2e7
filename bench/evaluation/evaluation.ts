import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runInChild } from '../child.ts';
import type { Benchmark, Measurement } from '../figure.ts';

/** Evaluating a pair's golden patches on the local backend, against the bare runner calls that this takes. */
export const evaluation: Benchmark = {
  name: 'evaluation',
  figures: [{ name: 'evaluation', unit: 'ms', bound: 1.5, of: 'ratio' }],
  measure: async () => [await runInChild<Measurement>('evaluation/evaluate.ts')],
};

/** The same of a task whose runner compiles: its tests, and what the layer saves. */
export const warmEvaluation: Benchmark = {
  name: 'evaluation-warm',
  figures: [
    { name: 'evaluation-warm-pair', unit: 'ms', bound: 1.3, of: 'ratio' },
    { name: 'evaluation-warm-saving', unit: 'ms', bound: 0.6, of: 'ratio' },
  ],
  async missing() {
    const hasTools = await Promise.all(['gcc', 'make'].map((name) => runs(name)));
    return hasTools.every(Boolean) ? undefined : 'gcc or make is missing';
  },
  measure: (figureNames) =>
    figureNames.includes('evaluation-warm-saving')
      ? runInChild<Measurement[]>('evaluation/evaluate-warm.ts', '--cold')
      : runInChild<Measurement[]>('evaluation/evaluate-warm.ts'),
};

function runs(name: string): Promise<boolean> {
  return promisify(execFile)(name, ['--version']).then(
    () => true,
    () => false,
  );
}
