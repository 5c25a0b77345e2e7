import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarise } from '@cooperbench/records';
import { Documents, type RunDocument, type RunsDocument, urls } from '@cooperbench/viewer';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);
const runDir = join(scratch.logs, 'run');

function write(path: string, content: object): void {
  const file = join(runDir, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

type Outcome = 'passed' | 'failed' | 'error' | 'none';

/** Returns a trial that cost $1 a seat. Of a pair that failed, the second patch fails alone. */
function trial(setting: string, pair: string, outcome: Outcome): void {
  const names = setting === 'solo' ? ['agent'] : ['agent1', 'agent2'];
  const seat = (index: number) => ({ feature_id: index + 1, status: 'Completed', cost: 1, steps: 2 });
  const seats = names.map((name, index) => [name, seat(index)] as const);
  write(`${setting}/x_task/1/${pair}/result.json`, {
    ...{ schema_version: 1, setting, judged: setting === 'solo' ? 'single' : 'merge', model: 'm' },
    ...(setting === 'solo' ? { agent: seat(0) } : { agents: Object.fromEntries(seats), messages_sent: 3 }),
    ...{ total_cost: names.length, total_steps: 2 * names.length, duration_seconds: 5 },
  });
  if (outcome === 'none') return;
  const passed = outcome === 'passed';
  write(`${setting}/x_task/1/${pair}/eval.json`, {
    ...{ schema_version: 1, setting, both_passed: passed, overall_success: passed },
    error: outcome === 'error' ? 'no sandbox' : null,
    ...(setting === 'coop' && {
      merge: { status: 'clean', strategy: 'naive', policy: 'union', conflicts: [], diff: '' },
      individual: { agent1: { feature_id: 1, success: true }, agent2: { feature_id: 2, success: passed } },
    }),
  });
}

/** By hand: the pairs of coop pass 2/3, 1/2 and 0/1; those of solo 1/1 and 0/1. First seats always pass alone. */
const expected = {
  coop: {
    ...{ trials: 8, passed: 3, failed: 3, errors: 1, missing: 1, cost: 16 },
    ...{ rate: (2 / 3 + 1 / 2 + 0) / 3, individual: (3 + 2 / 3 + 1 / 2 + 0) / 6 },
  },
  solo: {
    ...{ trials: 3, passed: 1, failed: 1, errors: 0, missing: 1, cost: 3 },
    ...{ rate: 1 / 2, individual: null },
  },
};

beforeAll(() => {
  trial('coop', 'f1_f2', 'passed');
  trial('coop', 'f1_f2@2', 'failed');
  trial('coop', 'f1_f2@3', 'passed');
  trial('coop', 'f1_f3', 'passed');
  trial('coop', 'f1_f3@2', 'failed');
  trial('coop', 'f1_f3@3', 'none');
  trial('coop', 'f2_f3', 'failed');
  trial('coop', 'f2_f3@2', 'error');
  trial('solo', 'f1_f2', 'passed');
  trial('solo', 'f1_f3', 'failed');
  trial('solo', 'f2_f3', 'none');
});

/** Writes summary.json: as the trials are, or as if none had passed and older than they are. */
async function summary(state: 'missing' | 'current' | 'stale'): Promise<void> {
  if (state === 'missing') return;
  const { run, evaluation } = await summarise('run', runDir);
  const invalid = { total_tasks: 1, completed: 1, total_cost: 99 };
  const stale = {
    ...run,
    ...invalid,
    by_setting: { coop: { ...run.by_setting.coop, ...invalid } },
    eval: null,
  };
  write('summary.json', state === 'stale' ? stale : { ...run, eval: evaluation });
  const seconds = Date.now() / 1000 + (state === 'stale' ? -3600 : 3600);
  utimesSync(join(runDir, 'summary.json'), seconds, seconds);
}

const json = async <T>(...args: string[]): Promise<T> =>
  JSON.parse((await cooperbench(scratch, [...args, '--json', '--log-dir', scratch.logs])).stdout) as T;

test.for(['missing', 'current', 'stale'] as const)(
  'list, run page, report, show and summary have the same numbers: repetitions, lost trials, missing verdicts, summary.json %s',
  async (state) => {
    await summary(state);
    const documents = new Documents({ logsDir: scratch.logs, version: '1' });
    const { run, evaluation } = await summarise('run', runDir);
    const listed = await json<{ settings?: unknown }[]>('list', 'runs');
    const { conditions } = await json<{ conditions: Record<string, never>[] }>('report', 'run');
    const shown = await json<{ trials: { setting: string; verdict: string }[] }>('show', 'run');
    const inBrowser = JSON.parse((await documents.make(urls.runs)).json) as RunsDocument;
    const page = JSON.parse((await documents.make(urls.run('run'))).json) as RunDocument;
    for (const [setting, figures] of Object.entries(expected)) {
      const { trials, passed, failed, errors, missing, cost } = figures;
      const near = expect.closeTo(figures.rate, 12);
      const individual = figures.individual === null ? null : expect.closeTo(figures.individual, 12);
      expect(run.by_setting[setting], 'summary').toMatchObject({ total_tasks: trials, total_cost: cost });
      expect(evaluation?.by_setting[setting], 'summary').toMatchObject({
        ...{ passed, failed, errors, pass_rate: near, overall_rate: near, individual_rate: individual },
      });
      const rows = listed.flatMap((one) => (one as { settings?: object[] }).settings ?? [one]);
      expect(
        rows.find((row) => (row as { setting?: string }).setting === setting),
        'list runs',
      ).toMatchObject({ trials, individual, passed: near, overall: near, cost });
      const condition = conditions.find((one) => one.setting === setting);
      expect(condition, 'report').toMatchObject({
        ...{ trials, passed, failed, not_evaluated: missing, cost },
        ...{ individual: { rate: individual }, merged: { rate: near }, overall: { rate: near } },
        ...{ errors: { length: errors } },
      });
      expect(
        inBrowser.runs[0]?.settings.find((one) => one.setting === setting),
        'runs in the browser',
      ).toMatchObject({ trials, passed, failed, errors, pass_rate: near, cost });
      for (const [name, verdicts] of [
        ['show', shown.trials.filter((one) => one.setting === setting)],
        ['run page', page.pairs.filter((pair) => pair.setting === setting)],
      ] as const) {
        const of = (verdict: string): number => verdicts.filter((one) => one.verdict === verdict).length;
        expect([of('passed'), of('failed'), of('error'), of('none')], name).toEqual([
          passed,
          failed,
          errors,
          missing,
        ]);
      }
      const costs = page.pairs.flatMap((pair) => (pair.setting === setting ? [pair.cost ?? Number.NaN] : []));
      expect(
        costs.reduce((sum, one) => sum + one, 0),
        'run page',
      ).toBe(cost);
    }
    const { stdout } = await cooperbench(scratch, ['show', 'run', '--log-dir', scratch.logs]);
    expect(stdout).toContain('11 trials: 4 failed, 1 error, 2 not evaluated, 4 passed');
  },
);

test('list runs names each file of a trial that cannot be read, where it counts the trials', async () => {
  const brokenSource = join(runDir, 'coop/x_task/1/f1_f2@2/eval.json');
  const other = join(runDir, 'coop/x_task/1/f2_f3/result.json');
  writeFileSync(brokenSource, '{"cut');
  writeFileSync(other, '{"schema_version": 9}');
  onTestFinished(() => {
    trial('coop', 'f1_f2@2', 'failed');
    trial('coop', 'f2_f3', 'failed');
  });
  const { stderr } = await cooperbench(scratch, ['list', 'runs', '--log-dir', scratch.logs]);
  expect(stderr).toContain(`Warning: ${brokenSource}: `);
  expect(stderr).toContain(`Warning: ${other} cannot be used: found the schema_version 9`);
});
