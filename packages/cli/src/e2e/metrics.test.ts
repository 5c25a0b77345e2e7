import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);
const about = (command: string, ...args: string[]) =>
  cooperbench(scratch, [command, 'x', '--log-dir', scratch.logs, ...args]);

/** A channel and an evaluator around `tests`, which measure one thing of each type. */
const plugin = `import { definePlugin, delegating } from '@cooperbench/core';
const board = {
  commands: [{ name: 'board', usage: 'board' }],
  metrics: { board_lines: { title: 'Lines', unit: 'lines', better: 'higher' } },
  open: async () => ({
    instructions: () => '',
    run: async () => ({}),
    metrics: () => ({ board_lines: 7 }),
    async [Symbol.asyncDispose]() {},
  }),
};
const talk = async (_options, host) => {
  const inner = await host.evaluator('tests');
  return delegating(inner, {
    metrics: { talk_both: { title: 'Both spoke' }, talk_first: { title: 'Spoke first' } },
    async *evaluate(submissions, context) {
      for await (const { submission, evaluation } of inner.evaluate(submissions, context))
        yield { submission, evaluation: { ...evaluation, metrics: { talk_both: true, talk_first: 'agent2' } } };
    },
  });
};
export default definePlugin({
  name: 'measures',
  apiVersion: 1,
  channels: { board: { create: () => board } },
  evaluators: { talk: { create: talk } },
});
`;

beforeAll(async () => {
  writeFileSync(join(scratch.root, 'measures.ts'), plugin);
  writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [./measures.ts]\n');
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  expect(
    await cooperbench(scratch, [
      ...['run', '-n', 'x', '-a', 'oracle', '--backend', 'local', '--channels', 'board'],
      ...['--evaluator', 'talk', '--dataset-dir', dataset, '--log-dir', scratch.logs],
    ]),
  ).toMatchObject({ code: 0 });
});

test('metrics of a channel and of an evaluator are columns of the report', async () => {
  const { stdout } = await about('report');
  const [head = '', row = ''] = stdout.slice(stdout.indexOf('\nMetrics\n')).trim().split('\n').slice(1);
  expect(head).toMatch(/Lines \(lines\) +95% interval +Both spoke +95% interval +Spoke first/);
  expect(row).toMatch(/ 7 .* 1 .*agent2: 1/);
});

test('they are columns of CSV, with a row for each trial', async () => {
  const { stdout } = await about('report', '--format', 'csv');
  const [head = [], row = []] = stdout.split(/\r?\n/).map((line) => line.split(','));
  const values = Object.fromEntries(head.map((name, index) => [name, row[index]]));
  expect(values).toMatchObject({ board_lines: '7', talk_both: 'true', talk_first: 'agent2' });
});

test('they are in JSON, with unit and direction', async () => {
  const { conditions } = JSON.parse((await about('report', '--json')).stdout);
  expect(conditions[0].metrics).toMatchObject([
    { name: 'board_lines', title: 'Lines', unit: 'lines', better: 'higher', mean: 7, trials: 1 },
    { name: 'talk_both', mean: 1 },
    { name: 'talk_first', mean: null, texts: [['agent2', 1]] },
  ]);
});

test('show has them as columns', async () => {
  const [head, row] = (await about('show')).stdout.split('\n');
  expect(head).toMatch(/Lines \(lines\) +Both spoke +Spoke first$/);
  expect(row).toMatch(/ 7 +yes +agent2$/);
});
