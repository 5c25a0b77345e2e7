import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { summarise } from '@cooperbench/records';
import { writeSimulatedRun } from '@cooperbench/testing';
import { Documents, type RunDocument, type RunsDocument, urls } from '@cooperbench/viewer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const place = scratch(afterAll);

/** Every fifth trial has no verdict, so pairs have different numbers of repetitions, and summary.json is older than that. */
beforeAll(async () => {
  await writeSimulatedRun(place.logs, 'x', { pairs: 25, repetitions: 3 });
  const { trials } = await json('show', 'x');
  for (const [index, { id }] of trials.entries())
    if (index % 5 === 0) rmSync(join(place.logs, 'x', id, 'eval.json'), { force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: The shapes are what the test compares.
type Json = any;

async function json(...args: string[]): Promise<Json> {
  const { stdout } = await cooperbench(place, [...args, '--json', '--log-dir', place.logs]);
  return JSON.parse(stdout);
}

interface Judged {
  readonly setting: string;
  readonly pair: string;
  readonly verdict: string;
  readonly cost: number | null;
}

/** What trials come to by setting: the rate is the mean over pairs of the share of their verdicts that are `passed`. */
function figuresOf(all: readonly Judged[]) {
  return [...Map.groupBy(all, ({ setting }) => setting)]
    .map(([setting, trials]) => {
      const number = (verdict: string): number => trials.filter((one) => one.verdict === verdict).length;
      const judged = trials.filter(({ verdict }) => verdict === 'passed' || verdict === 'failed');
      const rates = [...Map.groupBy(judged, ({ pair }) => pair).values()].map(
        (own) => own.filter(({ verdict }) => verdict === 'passed').length / own.length,
      );
      const costs = trials.map(({ cost }) => cost);
      return {
        ...{ setting, trials: trials.length, passed: number('passed'), failed: number('failed') },
        ...{ lost: number('error'), rate: rates.reduce((sum, rate) => sum + rate, 0) / rates.length },
        cost: costs.includes(null) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0),
      };
    })
    .sort((one, other) => one.setting.localeCompare(other.setting));
}

type Figures = ReturnType<typeof figuresOf>[number];

function expectSame(found: readonly Partial<Figures>[], expected: readonly Figures[]): void {
  expect(found.length).toBe(expected.length);
  for (const figures of expected)
    for (const [key, value] of Object.entries(found.find(({ setting }) => setting === figures.setting) ?? {}))
      if (typeof value === 'number') expect(value, key).toBeCloseTo(figures[key as 'rate'], 9);
      else expect(value, key).toBe(figures[key as 'cost']);
}

test('list, summary, show, report and both pages have the same numbers of a run with repetitions and missing verdicts', async () => {
  const costOf = ({ seats }: Json): number | null =>
    seats.some(({ cost }: Json) => cost === null)
      ? null
      : seats.reduce((sum: number, { cost }: Json) => sum + cost, 0);
  const { trials } = await json('show', 'x');
  const expected = figuresOf(trials.map((trial: Json) => ({ ...trial, cost: costOf(trial) })));
  expect(expected.map(({ setting }) => setting)).toEqual(['coop', 'solo']);
  for (const { trials: all, passed, failed, lost, rate } of expected) {
    expect(all).toBe(75);
    expect(passed + failed + lost).toBeLessThan(all - 10);
    // Pooled over trials, the rate would be another.
    expect(Math.abs(rate - passed / (passed + failed))).toBeGreaterThan(1e-4);
  }

  const { conditions } = await json('report', 'x');
  expectSame(
    conditions.map((one: Json) => ({
      ...{ setting: one.setting, trials: one.trials, passed: one.passed, failed: one.failed },
      ...{ lost: one.errors.length, rate: one.merged.rate, cost: one.cost },
    })),
    expected,
  );
  const listed = (await json('list', 'runs')).map((one: Json) => ({
    ...{ setting: one.setting, trials: one.trials, rate: one.passed, cost: one.cost },
  }));
  expectSame(listed, expected);

  const documents = new Documents({ logsDir: place.logs, version: '1' });
  const read = async <T>(url: string): Promise<T> => JSON.parse((await documents.make(url)).json);
  const [row] = (await read<RunsDocument>(urls.runs)).runs;
  expectSame(
    (row?.settings ?? []).map((one) => ({
      ...{ setting: one.setting, trials: one.trials, passed: one.passed ?? -1, failed: one.failed ?? -1 },
      ...{ lost: one.errors ?? -1, rate: one.pass_rate ?? -1, cost: one.cost },
    })),
    expected,
  );
  const { pairs } = await read<RunDocument>(urls.run('x'));
  expectSame(figuresOf(pairs), expected);

  const { run } = await summarise('x', join(place.logs, 'x'));
  expectSame(
    Object.entries(run.by_setting ?? {}).map(([setting, { total_tasks, total_cost }]) => {
      const verdicts = run.eval?.by_setting?.[setting];
      return {
        ...{ setting, trials: total_tasks, cost: total_cost ?? null, rate: verdicts?.pass_rate ?? -1 },
        ...{ passed: verdicts?.passed ?? -1, failed: verdicts?.failed ?? -1, lost: verdicts?.errors ?? -1 },
      };
    }),
    expected,
  );
});
