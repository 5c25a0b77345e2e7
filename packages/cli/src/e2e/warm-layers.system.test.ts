import { createScratch } from './cli.test.support.ts';
import { needing } from './services.test.support.ts';
import { compiled, expectSameVerdicts, writeSample } from './warm-layers.test.support.ts';

const isolated = ['--backend', 'local', '--backend-option', 'local.isolation=bubblewrap'];

for (const [name, agent, writeDataset, service] of [
  ['golden patches of the sample dataset', 'oracle', writeSample, 'bubblewrap'],
  ['golden patches of a task whose runner compiles', 'oracle', compiled, 'compiler'],
  // Its hidden tests do not compile. What the base built must not run in their place.
  ['empty patches of that task', 'nop', compiled, 'compiler'],
] as const) {
  const { test, reason } = needing(service);
  test(`verdicts on ${name} are the same with and without warm layers, and stay valid${reason}`, () =>
    expectSameVerdicts(createScratch(), agent, writeDataset, isolated));
}
