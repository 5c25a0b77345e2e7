import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Scratch, sampleDataset } from './cli.test.support.ts';
import { dockerfile, imageOf, runner } from './dataset.test.support.ts';
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

/** Writes a task whose runner compiles, with a hundredth of the code that makes it slow for the bench, and prints what it does. */
export function compiled(dataset: string): string[] {
  cpSync(join(import.meta.dirname, '../../../../bench/compiled-dataset'), dataset, { recursive: true });
  const task = join(dataset, 'counters_task/task1');
  const change = (name: string, from: string, to: string): void => {
    const script = readFileSync(join(task, name), 'utf8');
    expect(script).toContain(from);
    writeFileSync(join(task, name), script.replace(from, to));
  };
  change('setup.sh', '[ $function -le 100 ]', '[ $function -le 1 ]');
  change('run_tests.sh', 'make --silent', 'make');
  change('task.json', '{', `{ "image": "${imageOf(dataset)}",`);
  writeFileSync(join(task, 'runner.sh'), runner);
  writeFileSync(join(task, 'Dockerfile'), dockerfile);
  return [];
}

/** Expects that verdicts are the same with and without warm layers, and stay valid. */
export async function expectSameVerdicts(
  scratch: Scratch,
  agent: string,
  writeDataset: (dataset: string) => string[],
  onBackend: readonly string[],
): Promise<void> {
  const dataset = join(scratch.root, 'dataset');
  const selection = writeDataset(dataset);
  const command = async (...argv: string[]): Promise<string> => {
    const common = ['-n', 'x', '--dataset-dir', dataset, ...selection, '--log-dir', scratch.logs, '--json'];
    const { code, stdout, stderr } = await runInProcess(scratch, [...argv, ...common]);
    expect(code, `${argv[0]}: ${stderr}${stdout.slice(0, 4000)}`).toBe(0);
    return stdout;
  };
  const files = (): Record<string, unknown>[] =>
    filesBelow(scratch.logs)
      .filter((path) => path.endsWith('/eval.json'))
      .map((path) => readJson(scratch.logs, path));
  await command('run', '-a', agent, ...onBackend);
  const warm = files();
  await command('eval', '--no-warm', '--force', ...onBackend);
  const cold = files();
  const comparable = (all: Record<string, unknown>[]): unknown =>
    JSON.parse(JSON.stringify(all, (key, value) => (incidental.includes(key) ? undefined : value)));
  expect(comparable(warm)).toEqual(comparable(cold));
  expect(warm).not.toEqual([]);
  if (writeDataset === compiled) {
    const compilesAll = (all: unknown): boolean => JSON.stringify(all).includes('-o build/tables_1.o');
    expect([compilesAll(warm), compilesAll(cold)]).toEqual([false, true]);
  }
  for (const { warm_layer } of warm) expect(warm_layer).toMatch(/^[0-9a-f]{64}$/);
  for (const { warm_layer } of cold) expect(warm_layer).toBe(null);
  expect(JSON.parse(await command('eval', ...onBackend))).toMatchObject({ skipped: warm.length });
}
