import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, type AgentContext, mustRun } from '@cooperbench/core';
import type { ResultFile } from '@cooperbench/records';
import { addLine, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { planRun } from '../plan/plan.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
/** The seed of each trial, in the order in which the trials ran. */
let seeds: [trial: string, seed: number | undefined][];
/** Whether a trial's agent implements its features. */
let works: (context: AgentContext) => boolean;

const agent: Agent = {
  async run(_task, context) {
    seeds.push([context.trial, context.seed]);
    context.record({ type: 'step' });
    for (const feature of works(context) ? context.features : []) {
      const patch = `${context.workspace.patchesDir}/own.patch`;
      await context.workspace.writeFile(patch, Buffer.from(addLine(feature)));
      await mustRun(context.workspace, ['git', 'apply', patch], {});
    }
    return { status: 'Completed' };
  },
};

function container() {
  const backend = hostBackend();
  const parts = { agents: { test: { create: () => agent } }, backends: { host: { create: () => backend } } };
  return evaluatingContainer([{ name: 'test', version: '1.0.0', apiVersion: 1, ...parts }]);
}

const options = (more: RunOptions): RunOptions => ({
  ...{ runName: 'x', agent: 'test', modelName: 'test/model', backend: 'host', setting: 'solo' },
  ...{ datasetDir, logsDir, concurrency: 1, features: [1, 2], ...more },
});
const run = (more: RunOptions) => container().get(tokens.runs).run(options(more));
const result = (pair: string): ResultFile =>
  JSON.parse(readFileSync(join(logsDir, 'x/solo/shell_task/1', pair, 'result.json'), 'utf8'));
const pairs = (): string[] => readdirSync(join(logsDir, 'x/solo/shell_task/1')).sort();

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  seeds = [];
  works = () => true;
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

test('every repetition has its own folder and seed, and the pass rate is their mean', async () => {
  works = ({ seed }) => seed !== 2;
  const { summary } = await run({ repeat: 3 });
  expect(pairs()).toEqual(['f1_f2', 'f1_f2@2', 'f1_f2@3']);
  expect(seeds).toEqual([
    ['solo/shell_task/1/f1_f2', 1],
    ['solo/shell_task/1/f1_f2@2', 2],
    ['solo/shell_task/1/f1_f2@3', 3],
  ]);
  expect(result('f1_f2@2')).toMatchObject({ features: [1, 2], repetition: 2, seed: 2 });
  expect(summary).toMatchObject({ total_tasks: 3, pass_rate: 2 / 3, eval: { passed: 2, failed: 1 } });
  expect(summary.results.map(({ task, eval: verdict }) => [task, verdict])).toEqual([
    ['solo/shell_task/1/f1_f2', 'passed'],
    ['solo/shell_task/1/f1_f2@2', 'failed'],
    ['solo/shell_task/1/f1_f2@3', 'passed'],
  ]);
});

test('a larger number keeps what has run, and a smaller one still counts it', async () => {
  await run({ autoEval: false });
  const first = result('f1_f2');
  expect(first).toMatchObject({ repetition: 1, seed: null });
  expect((await run({ autoEval: false, repeat: 2 })).summary).toMatchObject({ skipped: 1, total_tasks: 2 });
  expect(result('f1_f2').run_id).toBe(first.run_id);
  expect((await run({ autoEval: false })).summary).toMatchObject({ skipped: 1, total_tasks: 2 });
  expect(seeds.map(([, seed]) => seed)).toEqual([undefined, 2]);
});

test('a filter of an evaluation chooses all repetitions of its pairs', async () => {
  await run({ autoEval: false, features: undefined, repeat: 2 });
  expect(pairs()).toEqual(['f1_f2', 'f1_f2@2', 'f1_f3', 'f1_f3@2', 'f2_f3', 'f2_f3@2']);
  const { results } = await container()
    .get(tokens.runs)
    .evaluate({ runName: 'x', datasetDir, logsDir, features: [1, 3] });
  expect(results).toEqual([
    { run: 'solo/shell_task/1/f1_f3', status: 'passed' },
    { run: 'solo/shell_task/1/f1_f3@2', status: 'passed' },
  ]);
});

test('every pair runs once before any runs again, so that a run that stops early has repeated no pair more than others', () => {
  const registry = container().get(tokens.registry);
  const { trials } = planRun(registry, options({ features: undefined, repeat: 2 }));
  expect(trials.map(({ id }) => id.split('/').at(-1))).toEqual([
    ...['f1_f2', 'f1_f3', 'f2_f3', 'f1_f2@2', 'f1_f3@2', 'f2_f3@2'],
  ]);
});

test.for([0, 1.5, 1001])('%s repetitions are refused', (repeat) => {
  const registry = container().get(tokens.registry);
  expect(() => planRun(registry, options({ repeat }))).toThrow(
    `The option repeat is ${repeat}; expected a whole number from 1 to 1000.`,
  );
});
