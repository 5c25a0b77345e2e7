import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);
const exporting = (...args: string[]) =>
  cooperbench(scratch, ['export', 'atif', 'x', '--log-dir', scratch.logs, ...args]);

beforeAll(() => {
  const directory = join(scratch.logs, 'x/coop/x_task/1/f1_f2');
  mkdirSync(directory, { recursive: true });
  const seat = (feature_id: number) => ({ feature_id, status: 'Completed', cost: 0.5, steps: 1 });
  const agents = { agent1: seat(1), agent2: seat(2) };
  const result = { ...{ setting: 'coop', judged: 'merge', run_id: '1a2b3c4d' }, agents };
  writeFileSync(join(directory, 'result.json'), JSON.stringify(result));
  const messages = [{ role: 'user', content: 'Do it.', timestamp: 1 }];
  writeFileSync(join(directory, 'agent1_traj.json'), JSON.stringify({ messages }));
  writeFileSync(join(directory, 'agent2_traj.json'), JSON.stringify({ messages: [] }));
});

test('the trajectory of each seat is a file, and one without messages is named', async () => {
  const output = join(scratch.root, 'out');
  const { code, stdout, stderr } = await exporting('x_task/1/f1_f2', '--output', output);
  expect([code, stdout]).toEqual([0, `1 file in ${output}\n`]);
  expect(stderr).toContain('agent2: it has no messages, so there is nothing to export');
  const file = readFileSync(join(output, 'coop/x_task/1/f1_f2/agent1.json'), 'utf8');
  expect(JSON.parse(file)).toMatchObject({
    ...{ schema_version: 'ATIF-v1.7', session_id: '1a2b3c4d' },
    steps: [{ step_id: 1, source: 'user', message: 'Do it.' }],
    final_metrics: { total_cost_usd: 0.5, total_steps: 1 },
  });
});

test('a trial that does not exist, and a directory that cannot be written, are errors', async () => {
  expect(await exporting('x_task/1/f1_f3')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('x has no trial "x_task/1/f1_f3".'),
  });
  writeFileSync(join(scratch.root, 'file'), '');
  const output = join(scratch.root, 'file');
  expect(await exporting('--output', output)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${output} cannot be written: `),
  });
});
