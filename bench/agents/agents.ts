import { getMessage } from '../../packages/core/dist/index.js';
import { runInChild } from '../child.ts';
import { missing as dockerMissing } from '../docker/daemon.ts';
import type { Benchmark, Measurement } from '../figure.ts';
import { placeOf, type Subject, subjects } from './subjects.ts';

/** The time that each agent adds to its model and its commands. */
export const agents: readonly Benchmark[] = subjects.map((subject) => {
  const name = subject.agent.replaceAll('_', '-');
  return {
    name,
    figures: [
      { name: `${name}-step`, unit: 'ms', bound: subject.stepMs, of: 'value' },
      { name: `${name}-start`, unit: 'ms', bound: subject.startMs, of: 'value' },
    ],
    missing: async () =>
      subject.on === 'docker' ? ((await dockerMissing()) ?? (await prepared(subject))) : undefined,
    measure: () => runInChild<Measurement[]>('agents/measure.ts', subject.agent),
  };
});

/** Installs the subject's software before anything is measured. Resolves with the reason when that fails. */
async function prepared(subject: Subject): Promise<string | undefined> {
  await using place = await placeOf(subject);
  return await place.backend.prepare?.(place.spec('prepared')).then(() => undefined, getMessage);
}
