import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentContext, ModelUsage } from '@cooperbench/core';
import { type LedgerLine, type ResultFile, type RunEvent, readSpending } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from '../run/evaluated.test.support.ts';
import type { RunOutcome } from '../run/run.ts';

let datasetDir: string;
let logsDir: string;
let notices: string[];
let started: string[];
/** What the agent of a seat does after each answer has cost 0.5 USD. */
let behave: (context: AgentContext) => Promise<void>;

const usage = (costUsd: number | undefined): ModelUsage => ({
  ...{ costUsd, inputTokens: 10, outputTokens: 2, cacheReadTokens: 1, cacheWriteTokens: 0 },
});
const agent: Agent = {
  async run(_task, context) {
    context.record({ type: 'step' });
    context.record({ type: 'usage', usage: usage(0.5) });
    await behave(context);
    return { status: 'Completed' };
  },
};

function run(options: RunOptions = {}): Promise<RunOutcome> {
  const backend = hostBackend();
  const parts = { agents: { test: { create: () => agent } }, backends: { host: { create: () => backend } } };
  const plugin = { name: 'test', version: '1.0.0', apiVersion: 1 as const, ...parts };
  return evaluatingContainer([plugin])
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'test', modelName: 'test/model', backend: 'host', setting: 'solo' },
      ...{ datasetDir, logsDir, concurrency: 1, autoEval: false },
      onEvent(event: RunEvent) {
        if (event.type === 'notice') notices.push(event.text);
        if (event.type === 'trial_started') started.push(event.trial);
      },
      ...options,
    });
}

const runDir = () => join(logsDir, 'x');
const ledger = () => join(runDir(), 'ledger.jsonl');
const lines = (): LedgerLine[] =>
  readFileSync(ledger(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const trial = (pair: string, setting = 'solo') => join(runDir(), setting, 'shell_task/1', pair);
const result = (pair: string): ResultFile =>
  JSON.parse(readFileSync(join(trial(pair), 'result.json'), 'utf8'));
const fail = async (): Promise<void> => {
  throw new Error('the server is gone');
};

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  notices = [];
  started = [];
  behave = async () => {};
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

test('each answer is booked as it arrives, under the run_id of its result', async () => {
  let records: LedgerLine[] = [];
  behave = async (context) => {
    context.record({ type: 'usage', usage: usage(undefined) });
    records = lines();
  };
  await run({ features: [1, 2] });
  const line = {
    ...{
      trial: 'solo/shell_task/1/f1_f2',
      run_id: result('f1_f2').run_id,
      seat: 'solo',
      model: 'test/model',
    },
    ...{ input_tokens: 10, output_tokens: 2, cache_read_tokens: 1, cache_write_tokens: 0 },
    time: expect.stringMatching(/^\d{4}-.*Z$/),
  };
  expect(records).toEqual([
    { ...line, cost: 0.5 },
    { ...line, cost: null },
  ]);
});

test('a budget bounds what all commands together spend on a run whose trials fail', async () => {
  behave = fail;
  const outcomes: RunOutcome[] = [];
  for (let command = 0; command < 4; command += 1) outcomes.push(await run({ budgetUsd: 2 }));
  // Three trials, then the first of them again, then nothing.
  expect(started).toHaveLength(4);
  expect(outcomes.map(({ summary }) => summary.total_cost)).toEqual([1.5, 2, 2, 2]);
  const last = outcomes[3];
  expect(last?.summary).toMatchObject({
    ...{ total_cost: 2, discarded_cost: 0.5, cost_known: true },
    by_setting: { solo: { total_cost: 2, discarded_cost: 0.5 } },
    results: [{ cost: 0.5 }, { cost: 0.5 }, { cost: 0.5 }],
  });
  expect(last?.stopped).toMatchObject({
    code: 'BUDGET_EXHAUSTED',
    // The first was lost twice, so its patch is judged.
    message: 'The budget of $2 is used up: $2.00 spent. Trials not run: 2.',
  });
});

test('what the running trials spend counts before they end', async () => {
  const otherEnded = Promise.withResolvers<void>();
  const spent = Promise.withResolvers<void>();
  behave = ({ trial: id }) => {
    if (!id.endsWith('f1_f2')) return spent.promise;
    spent.resolve();
    return otherEnded.promise;
  };
  const { stopped } = await run({
    ...{ concurrency: 2, budgetUsd: 1 },
    onEvent: (event) => {
      // Long enough for a third trial to start.
      if (event.type === 'trial_finished') setTimeout(otherEnded.resolve, 100);
    },
  });
  expect(stopped).toMatchObject({ message: 'The budget of $1 is used up: $1.00 spent. Trials not run: 1.' });
});

test('what --force replaces, and what an interruption loses, stays spent', async () => {
  await run({ features: [1, 2] });
  await run({ features: [1, 2], force: true });
  const controller = new AbortController();
  behave = async () => controller.abort();
  await expect(run({ features: [1, 2], force: true, signal: controller.signal })).rejects.toThrow('aborted');
  const { summary } = await run({ features: [1, 2] });
  expect(summary).toMatchObject({ total_cost: 1.5, discarded_cost: 1, total_tasks: 1, skipped: 1 });
  expect(await readSpending(runDir())).toBe(1.5);
});

test('results that the ledger does not know are booked once, before a trial runs again', async () => {
  const stored = (pair: string, status: string, extra: object): void => {
    const result = { setting: 'solo', agent: { status, cost: 0.75 }, total_cost: 0.75, ...extra };
    mkdirSync(trial(pair), { recursive: true });
    writeFileSync(join(trial(pair), 'result.json'), JSON.stringify(result));
  };
  stored('f1_f2', 'Error', { run_id: '01234567' });
  stored('f1_f3', 'Submitted', {});
  expect(await readSpending(runDir())).toBe(1.5);
  const { summary } = await run({ features: [1, 2] });
  expect(summary).toMatchObject({ total_cost: 2, discarded_cost: 0.75, total_tasks: 2 });
  expect(lines().map(({ trial, run_id, cost }) => [trial, run_id, cost])).toEqual([
    ['solo/shell_task/1/f1_f2', '01234567', 0.75],
    ['solo/shell_task/1/f1_f3', '', 0.75],
    ['solo/shell_task/1/f1_f2', result('f1_f2').run_id, 0.5],
  ]);
  await run({ features: [1, 2] });
  expect(lines()).toHaveLength(3);
  expect(await readSpending(runDir())).toBe(2);
});

test('a killed attempt counts, a torn line does not, and a broken one is named', async () => {
  await run({ features: [1, 2] });
  const attempt = { time: '', trial: 'coop/shell_task/1/f1_f2', run_id: 'killed00', cost: 0.25 };
  appendFileSync(
    ledger(),
    `${JSON.stringify(attempt)}\n{"trial":"coop/x","run_id":"a","cost":-9}\n{"trial":"co`,
  );
  expect(await readSpending(runDir())).toBe(0.75);
  const { summary } = await run({ features: [1, 3] });
  expect(summary).toMatchObject({
    ...{ total_cost: 1.25, discarded_cost: 0.25, pass_rate: null, total_tasks: 2 },
    by_setting: {
      solo: { total_cost: 1, discarded_cost: 0 },
      coop: { total_tasks: 0, total_cost: 0.25, discarded_cost: 0.25 },
    },
  });
  expect(notices).toEqual([`${ledger()}: 1 of its lines cannot be read. What they record does not count.`]);
  expect(readFileSync(ledger(), 'utf8').trim().split('\n')).toHaveLength(4);
  rmSync(ledger());
  mkdirSync(ledger());
  await expect(run({ features: [1, 2] })).rejects.toMatchObject({
    code: 'LEDGER',
    message: expect.stringMatching(/ledger\.jsonl cannot be read: EISDIR/),
  });
});

test.for<[string, Partial<ModelUsage>, string]>([
  ['a negative cost', { costUsd: -5 }, 'costUsd is -5'],
  ['a cost that is no number', { costUsd: Number.NaN }, 'costUsd is NaN'],
  ['negative tokens', { inputTokens: -1e6, costUsd: 1 }, 'inputTokens is -1000000'],
])('%s lowers nothing', async ([, invalid, reason]) => {
  behave = async (context) => context.record({ type: 'usage', usage: { ...usage(0.5), ...invalid } });
  const { summary } = await run({ features: [1, 2] });
  expect(summary).toMatchObject({ total_cost: 0.5, cost_known: false });
  expect(result('f1_f2').agent?.input_tokens).toBeGreaterThanOrEqual(10);
  expect(lines().map(({ cost }) => cost)).toEqual([0.5, null]);
  expect(notices).toEqual([
    `test does not know what an answer of test/model costs, because its usage cannot be right: ${reason}. Its cost is not counted, and the cost limit does not hold.`,
  ]);
  const { stopped } = await run({ features: [1, 3], budgetUsd: 9 });
  expect(stopped).toBeUndefined();
  expect(result('f1_f3').agent).toMatchObject({
    status: 'LimitsExceeded',
    error: expect.stringContaining('limit "knownCost"'),
  });
});
