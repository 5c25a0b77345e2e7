import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluationFile, ResultFile } from '@cooperbench/records';
import { afterAll, expect, test } from 'vitest';
import { createScratch, type Scratch, sampleDataset } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);

const golden = (feature: number): string =>
  `git apply ${join(sampleDataset, `text_table_task/task14/feature${feature}/feature.patch`)}`;

/** Scripts by setting, and within it by phase or seat: what the agents run in one turn. */
const scripts: Readonly<Record<string, readonly (readonly [object, string])[]>> = {
  plan_execute: [
    [
      { phase: 'plan' },
      'echo "Only what is needed." > plan.txt; echo junk > junk.txt; send_message all hello',
    ],
    [{ phase: 'execute', seat: 'agent1' }, golden(1)],
    [{ phase: 'execute', seat: 'agent2' }, golden(5)],
  ],
  review: [
    [{ phase: 'implement' }, golden(1)],
    [
      { phase: 'review' },
      `if ${golden(5)} --reverse --check; then echo APPROVED; else echo "Feature 5 is missing."; fi > review.md`,
    ],
    [{ phase: 'revise' }, golden(5)],
  ],
  relay: [
    [{ seat: 'agent1' }, golden(1)],
    [{ seat: 'agent2' }, golden(5)],
  ],
  team: [
    [
      { seat: 'agent1' },
      `task_claim 1; task_create Write docs; task_update 1 blocked waits for 5; ${golden(1)}; while [ ! -f ../shared/5.patch ]; do sleep 0.1; done; git apply ../shared/5.patch; task_update 1 done`,
    ],
    [
      { seat: 'agent2' },
      `task_claim 1; task_claim 2; ${golden(5)}; git add -A; git diff --cached | share_file 5.patch; task_update 2 done shared`,
    ],
  ],
};

const phases: Readonly<Record<string, readonly string[] | undefined>> = {
  plan_execute: ['plan', 'execute'],
  review: ['implement', 'review', 'revise', 'review'],
  relay: ['feature1', 'feature2'],
};

test.for(Object.keys(scripts))('%s on the sample dataset', async (setting) => {
  const script = join(scratch.root, `${setting}.json`);
  const turns = (scripts[setting] ?? []).map(([match, run]) => ({ match, turns: [{ run }] }));
  writeFileSync(script, JSON.stringify({ scripts: turns }));
  const ending = await cooperbench(scratch, [
    ...['run', '-n', setting, '--setting', setting, '-m', `scripted/${script}`, '--backend', 'local'],
    ...['--dataset-dir', sampleDataset, '--log-dir', scratch.logs, '-r', 'text_table_task', '-f', '1,5'],
  ]);
  expect(ending).toMatchObject({ code: 0, stderr: '' });
  const trial = `${setting}/text_table_task/14/f1_f5`;
  const json = <T>(name: string): T =>
    JSON.parse(readFileSync(join(scratch.logs, setting, trial, name), 'utf8')) as T;
  const result = json<ResultFile>('result.json');
  expect(result.phases?.map(({ name }) => name)).toEqual(phases[setting]);
  expect(Object.values(result.agents ?? {}).map(({ status }) => status)).toEqual(['Completed', 'Completed']);
  expect(json<EvaluationFile>('eval.json')).toMatchObject({ both_passed: true, error: null });
  const { stdout } = await cooperbench(scratch, ['show', setting, trial, '--log-dir', scratch.logs]);
  for (const [index, name] of (phases[setting] ?? []).entries())
    expect(stdout).toContain(`phase ${index + 1}: ${name}`);
  // A seat that hands in nothing by its setting lost no patch.
  expect(stdout).not.toContain('(missing)');
  const out = join(scratch.root, `${setting}-pages`);
  const viewed = await cooperbench(scratch, ['view', setting, '--out', out, '--log-dir', scratch.logs]);
  expect(viewed.code).toBe(0);
  expect(existsSync(join(out, 'index.html'))).toBe(true);
  const report = await cooperbench(scratch, ['report', setting, '--log-dir', scratch.logs]);
  expect(report.stdout.includes('Use by phase')).toBe(phases[setting] !== undefined);
});

test('a team is judged by the policy lead, and its metrics are those counted by hand', () => {
  const read = (name: string): string =>
    readFileSync(join(scratch.logs, 'team/team/text_table_task/14/f1_f5', name), 'utf8');
  expect(JSON.parse(read('eval.json'))).toMatchObject({ merge: { policy: 'lead' } });
  const result = JSON.parse(read('result.json')) as { time_to_first_claim_seconds: number };
  // Two features and a task that nobody took. A claim of what another seat owns does not count.
  expect(result).toMatchObject({
    ...{ tasks_total: 3, tasks_done: 2, unowned_at_end: 1 },
    ...{ claims_per_agent: { agent1: 1, agent2: 1 }, updates_per_agent: { agent1: 2, agent2: 1 } },
  });
  const events = read('events.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; time: string; text?: string });
  const secondsAt = (expected: (event: { type: string; text?: string }) => boolean | undefined): number =>
    Date.parse(events.find(expected)?.time ?? expect.fail('no such event')) / 1000;
  const claimed = secondsAt(({ text }) => text?.startsWith('claims task'));
  // The list begins after the trial, when the first sandbox is ready, and before an agent starts.
  const waited = result.time_to_first_claim_seconds;
  expect(waited).toBeLessThanOrEqual(claimed - secondsAt(({ type }) => type === 'trial_started') + 0.01);
  expect(waited).toBeGreaterThanOrEqual(claimed - secondsAt(({ type }) => type === 'seat_started') - 0.01);
});
