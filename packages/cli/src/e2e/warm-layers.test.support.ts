import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sampleDataset, scratch } from './cli.test.support.ts';
import { pairOfEachClass, subsetOf } from './golden.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';

/** What two evaluations of the same may differ in. A control is asked when something else on the machine runs out of memory. */
const incidental = ['warm_layer', 'evaluated_at', 'test_output', 'control'];

/** Writes the sample dataset. Selects a pair of each task and of each class of verdict. */
export function writeSample(dataset: string): string[] {
  cpSync(sampleDataset, dataset, { recursive: true });
  const pairs = [...pairOfEachClass, 'text_table_task/14/f1_f4', 'ttl_cache_task/27/f1_f2'];
  writeFileSync(join(dataset, 'subsets/chosen.json'), JSON.stringify(subsetOf(pairs)));
  return ['-s', 'chosen'];
}

/** Expects that verdicts are the same with and without warm layers, and stay valid. */
export async function expectSameVerdicts(
  agent: string,
  writeDataset: (dataset: string) => string[],
  onBackend: readonly string[],
): Promise<void> {
  const place = scratch();
  const dataset = join(place.root, 'dataset');
  const selection = writeDataset(dataset);
  const command = async (...argv: string[]): Promise<string> => {
    const common = ['-n', 'x', '--dataset-dir', dataset, ...selection, '--log-dir', place.logs, '--json'];
    const { code, stdout, stderr } = await runInProcess(place, [...argv, ...common]);
    expect(code, `${argv[0]}: ${stderr}${stdout.slice(0, 4000)}`).toBe(0);
    return stdout;
  };
  const files = (): Record<string, unknown>[] =>
    filesBelow(place.logs)
      .filter((path) => path.endsWith('/eval.json'))
      .map((path) => readJson(place.logs, path));
  await command('run', '-a', agent, ...onBackend);
  const warm = files();
  await command('eval', '--no-warm', '--force', ...onBackend);
  const cold = files();
  const comparable = (all: Record<string, unknown>[]): unknown =>
    JSON.parse(JSON.stringify(all, (key, value) => (incidental.includes(key) ? undefined : value)));
  expect(comparable(warm)).toEqual(comparable(cold));
  expect(warm).not.toEqual([]);
  for (const { warm_layer } of warm) expect(warm_layer).toMatch(/^[0-9a-f]{64}$/);
  for (const { warm_layer } of cold) expect(warm_layer).toBe(null);
  expect(JSON.parse(await command('eval', ...onBackend))).toMatchObject({ skipped: warm.length });
}
