import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

test('what a killed command spent counts for the budget, and is shown wherever the cost of the run is', async () => {
  const scratch = createScratch();
  const paid = { say: 'I begin.', usage: { cost: 1 } };
  const model = (...commands: string[]): string =>
    scriptedModel(scratch.root, [{ turns: [{ ...paid, run: commands }] }]);
  const args = [
    ...[
      'run',
      '-n',
      'x',
      '--setting',
      'solo',
      '-m',
      model('sleep 600'),
      '--backend',
      'local',
      '--unisolated',
    ],
    ...['--dataset-dir', shellDataset(join(scratch.root, 'dataset')), '--log-dir', scratch.logs],
  ];
  const running = start(scratch, [...args, '--reporter', 'json']);
  await running.line((line) => line.includes('"type":"answer"'));
  running.child.kill('SIGKILL');
  await running.ended;

  const within = await cooperbench(scratch, [...args, '--budget', '1']);
  expect(within).toMatchObject({
    code: 1,
    stderr:
      'Error: The budget of $1 is used up: $1.00 spent. Trials not run: 1.\nRepeat the command with a larger --budget to continue.\n',
  });
  const plan = await cooperbench(scratch, [...args, '--budget', '2.5', '--dry-run']);
  expect(plan.stdout).toContain('at most $3.00 by --max-cost and --budget\n');

  model(doFeature(1), doFeature(2));
  const { code, stdout } = await cooperbench(scratch, [...args, '--budget', '2.5']);
  expect(code).toBe(0);
  expect(stdout).toContain('Cost        $2.00 ($1.00 this time, $1.00 on attempts that left no result)\n');
  const logs = ['--log-dir', scratch.logs];
  const readOutput = async (...command: string[]) =>
    (await cooperbench(scratch, [...command, ...logs])).stdout;
  expect(JSON.parse(await readOutput('list', 'runs', '--json'))).toMatchObject([{ name: 'x', cost: 2 }]);
  expect(await readOutput('show', 'x')).toContain('Attempts that left no result: $1.00\n');
  expect(await readOutput('report', 'x')).toContain(
    'The cost of solo includes $1.00 for attempts that left no result',
  );
  expect(JSON.parse(await readOutput('report', 'x', '--json'))).toMatchObject({
    conditions: [{ cost: 2, discarded_cost: 1 }],
  });

  // The summary of the last command is older than what a killed one spends after it.
  model('sleep 600');
  const killed = start(scratch, [...args, '--force', '--reporter', 'json']);
  await killed.line((line) => line.includes('"type":"answer"'));
  killed.child.kill('SIGKILL');
  await killed.ended;
  expect(JSON.parse(await readOutput('list', 'runs', '--json'))).toMatchObject([
    { name: 'x', trials: 1, cost: 3 },
  ]);
});

test('a second start of an experiment says who runs it, and the budget is that of all its runs', async () => {
  const scratch = createScratch();
  shellDataset(join(scratch.root, 'dataset'));
  const turn = (run: string) => ({ say: 'I begin.', usage: { cost: 1 }, run });
  const model = scriptedModel(scratch.root, [{ turns: [turn('sleep 600')] }]);
  const baseArgs = ['--backend', 'local', '--unisolated', '-m', model];
  const experiments = { e: { name: 'mine', matrix: { setting: ['solo', 'coop'] } } };
  writeFileSync(join(scratch.root, '.cooperbenchrc'), JSON.stringify({ experiments }));
  const args = ['run', '--experiment', 'e', ...baseArgs];
  const first = start(scratch, [...args, '--reporter', 'json']);
  await first.line((line) => line.includes('"type":"answer"'));
  const second = await cooperbench(scratch, args);
  expect(second).toMatchObject({ code: 2, stdout: '' });
  expect(second.stderr).toMatch(
    new RegExp(
      `^Error: The experiment mine is in use by process ${first.child.pid} on \\S+ since \\d{4}-\\S+Z\\.\nWait for it to end\\.\n$`,
    ),
  );
  expect(readdirSync(scratch.logs).sort()).toEqual(['.mine.experiment.lock', 'mine-solo']);
  expect((await cooperbench(scratch, ['list', 'runs', '--json'])).stdout).not.toContain('experiment');
  first.child.kill('SIGKILL');
  await first.ended;

  scriptedModel(scratch.root, [{ turns: [turn('true')] }]);
  const resumed = await cooperbench(scratch, [...args, '--budget', '2', '--json']);
  expect(resumed).toMatchObject({ code: 1 });
  const { runs, total_cost } = JSON.parse(resumed.stdout);
  expect(total_cost).toBe(2);
  expect(runs.map(({ error }: { error?: { message: string } }) => error?.message.split('\n')[0])).toEqual([
    undefined,
    'The budget of $2 is used up: $2.00 spent. Trials not run: 1.',
  ]);
  expect(readdirSync(scratch.logs).sort()).toEqual(['mine-coop', 'mine-solo']);
});
