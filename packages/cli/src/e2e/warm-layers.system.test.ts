import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { needing } from './services.test.support.ts';
import { expectSameVerdicts, writeSample } from './warm-layers.test.support.ts';

const isolated = ['--backend', 'local', '--backend-option', 'local.isolation=bubblewrap'];

/** Writes a task whose runner compiles, with a hundredth of the code that makes it slow for the bench. */
function compiled(dataset: string): string[] {
  const bench = join(import.meta.dirname, '../../../../bench/compiled-dataset');
  cpSync(bench, dataset, { recursive: true });
  const setup = join(dataset, 'counters_task/task1/setup.sh');
  const script = readFileSync(setup, 'utf8');
  const shorter = script.replace('[ $function -le 100 ]', '[ $function -le 1 ]');
  expect(shorter).not.toBe(script);
  writeFileSync(setup, shorter);
  return [];
}

for (const [name, agent, writeDataset, service] of [
  ['golden patches of the sample dataset', 'oracle', writeSample, 'bubblewrap'],
  ['golden patches of a task whose runner compiles', 'oracle', compiled, 'compiler'],
  // Its hidden tests do not compile. What the base built must not run in their place.
  ['empty patches of that task', 'nop', compiled, 'compiler'],
] as const) {
  const { test, reason } = needing(service);
  test(`verdicts on ${name} are the same with and without warm layers, and stay valid${reason}`, () =>
    expectSameVerdicts(agent, writeDataset, isolated));
}
