import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sampleDataset, scratch } from './cli.test.support.ts';
import { pairOfEachClass, subsetOf } from './golden.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

/** What two evaluations of the same may differ in. A control is asked when something else on the machine runs out of memory. */
const incidental = ['warm_layer', 'evaluated_at', 'test_output', 'control'];

/** Writes the sample dataset. Selects a pair of each task and of each class of verdict. */
function sample(dataset: string): string[] {
  cpSync(sampleDataset, dataset, { recursive: true });
  const pairs = [...pairOfEachClass, 'text_table_task/14/f1_f4', 'ttl_cache_task/27/f1_f2'];
  writeFileSync(join(dataset, 'subsets/chosen.json'), JSON.stringify(subsetOf(pairs)));
  return ['-s', 'chosen'];
}

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
  ['golden patches of the sample dataset', 'oracle', sample, 'bubblewrap'],
  ['golden patches of a task whose runner compiles', 'oracle', compiled, 'compiler'],
  // Its hidden tests do not compile. What the base built must not run in their place.
  ['empty patches of that task', 'nop', compiled, 'compiler'],
] as const) {
  const { test, reason } = needing(service);
  test(`verdicts on ${name} are the same with and without warm layers, and stay valid${reason}`, async () => {
    const place = scratch();
    const dataset = join(place.root, 'dataset');
    const selection = writeDataset(dataset);
    const command = async (...argv: string[]): Promise<string> => {
      const common = ['-n', 'x', '--dataset-dir', dataset, ...selection, '--log-dir', place.logs, '--json'];
      const { code, stdout, stderr } = await runInProcess(place, [...argv, ...common]);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const files = (): Record<string, unknown>[] =>
      filesBelow(place.logs)
        .filter((path) => path.endsWith('/eval.json'))
        .map((path) => readJson(place.logs, path));
    const isolated = ['--backend', 'local', '--backend-option', 'local.isolation=bubblewrap'];
    await command('run', '-a', agent, ...isolated);
    const warm = files();
    await command('eval', '--no-warm', '--force');
    const cold = files();
    const comparable = (all: Record<string, unknown>[]): unknown =>
      JSON.parse(JSON.stringify(all, (key, value) => (incidental.includes(key) ? undefined : value)));
    expect(comparable(warm)).toEqual(comparable(cold));
    expect(warm).not.toEqual([]);
    for (const { warm_layer } of warm) expect(warm_layer).toMatch(/^[0-9a-f]{64}$/);
    for (const { warm_layer } of cold) expect(warm_layer).toBe(null);
    expect(JSON.parse(await command('eval'))).toMatchObject({ skipped: warm.length });
  });
}
