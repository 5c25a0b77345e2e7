import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Ending, type Scratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { readJson } from './run-files.test.support.ts';

interface Expected {
  readonly class: string;
  readonly merge: string;
  readonly strategy: string | null;
  readonly feature_passed: Readonly<Record<string, boolean>>;
  readonly both_passed: boolean;
  readonly strict: boolean;
}

interface Verdict {
  readonly error: string | null;
  readonly merge: { readonly status: string; readonly strategy: string | null } | null;
  readonly features_results: Readonly<
    Record<string, { readonly feature_id: number; readonly passed: boolean }>
  >;
  readonly individual: Readonly<Record<string, { readonly success: boolean }>>;
  readonly both_passed: boolean;
  readonly overall_success: boolean;
  readonly policies: { readonly strict: boolean };
}

const table = readJson<Record<string, Expected>>(sampleDataset, 'expected-verdicts.json');
export const allPairs: readonly string[] = Object.keys(table);

/** One pair of each class of verdict. */
export const pairOfEachClass: readonly string[] = [
  ...Map.groupBy(allPairs, (pair) => table[pair]?.class).values(),
].flatMap((pairs) => pairs.slice(0, 1));

/** Tests that the golden patches of pairs of the sample dataset are judged as expected: all in coop, `alone` in solo. */
export function testGoldenTable(
  { pairs, alone }: { readonly pairs: readonly string[]; readonly alone: readonly string[] },
  onBackend: readonly string[],
  recorded: object,
): void {
  const expected = Object.fromEntries(pairs.map((pair) => [pair, table[pair] as Expected]));
  const endings: Record<string, Ending> = {};
  let remove = (): void => {};
  let scratch: Scratch;
  const verdict = (setting: string, pair: string): Verdict =>
    readJson(scratch.logs, 'x', setting, pair, 'eval.json');

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    const dataset = join(scratch.root, 'dataset');
    cpSync(sampleDataset, dataset, { recursive: true });
    for (const [setting, subset] of Object.entries({ coop: pairs, solo: alone })) {
      writeFileSync(join(dataset, `subsets/${setting}.json`), JSON.stringify(subsetOf(subset)));
      endings[setting] = await runInProcess(scratch, [
        ...['run', '-n', 'x', '-a', 'oracle', '--setting', setting, '--git', '--json', ...onBackend],
        ...['-c', '4', '--eval-concurrency', '4', '--dataset-dir', dataset, '-s', setting],
        ...['--log-dir', scratch.logs],
      ]);
    }
  });
  afterAll(() => remove());

  test('every kind of verdict is expected of some pair', () => {
    expect(new Set(Object.values(expected).map((one) => one.class))).toEqual(
      new Set(['clean-pass', 'clean-fail', 'union-pass', 'union-fail', 'unmergeable']),
    );
  });

  test('both settings end without an error, count what the files say, and leave nothing', async () => {
    for (const ending of Object.values(endings)) expect(ending).toMatchObject({ code: 0, stderr: '' });
    const passing = (of: readonly string[]): number =>
      of.filter((pair) => expected[pair]?.both_passed).length;
    const [trials, coop, solo] = [pairs.length + alone.length, passing(pairs), passing(alone)];
    expect(JSON.parse(endings.solo?.stdout ?? '')).toMatchObject({
      total_tasks: trials,
      completed: trials,
      failed: 0,
      total_cost: 0,
      eval: {
        passed: coop + solo,
        failed: trials - coop - solo,
        errors: 0,
        by_setting: { coop: { passed: coop }, solo: { passed: solo } },
      },
    });
    await expectNothingLeft(scratch);
  });

  test.for(pairs)('%s ends as expected', (pair) => {
    const coop = verdict('coop', pair);
    expect(coop.error).toBeNull();
    expect({
      merge: coop.merge?.status,
      strategy: coop.merge?.strategy,
      feature_passed: Object.fromEntries(
        Object.values(coop.features_results).map(({ feature_id, passed }) => [feature_id, passed]),
      ),
      both_passed: coop.both_passed,
      strict: coop.policies.strict,
    }).toEqual((({ class: _, ...rest }) => rest)(expected[pair] as Expected));
    expect(Object.values(coop.individual).map(({ success }) => success)).toEqual([true, true]);
    expect(coop.overall_success).toBe(coop.both_passed);
    const { both_passed } = coop;
    if (alone.includes(pair))
      expect(verdict('solo', pair)).toMatchObject({ error: null, both_passed, merge: null });
    expect(readJson(scratch.logs, 'x/coop', pair, 'result.json')).toMatchObject({
      git_enabled: true,
      ...recorded,
    });
  });
}

/** Returns the content of a file in `subsets` that selects these pairs. */
export function subsetOf(pairs: readonly string[]): object {
  const tasks = Map.groupBy(pairs, (pair) => pair.slice(0, pair.lastIndexOf('/')));
  return {
    tasks: [...tasks].map(([task, of]) => {
      const [repo, id] = task.split('/');
      return {
        repo,
        task_id: Number(id),
        pairs: of.map((pair) => pair.match(/(?<=[/_]f)\d+/g)?.map(Number)),
      };
    }),
  };
}
