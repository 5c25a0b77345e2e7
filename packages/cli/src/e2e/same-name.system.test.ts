import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cooperbench, createScratch, type Scratch, slowness, start } from './cli.test.support.ts';
import { scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test: sandboxed, reason } = needing('bubblewrap');

const command = (scratch: Scratch, name: string, extraArgs: string[]): string[] => [
  ...['run', '-n', name, '--backend', 'local', '--dataset-dir', join(scratch.root, 'dataset')],
  ...['--log-dir', scratch.logs, ...extraArgs],
];

sandboxed(`a second run of the same name is refused, and the first is unaffected${reason}`, async () => {
  const scratch = createScratch();
  shellDataset(join(scratch.root, 'dataset'));
  const model = scriptedModel(scratch.root, [{ turns: [{ run: `sleep ${Math.ceil(5 * slowness)}` }] }]);
  const first = start(scratch, command(scratch, 'x', ['-m', model, '--reporter', 'json']));
  await first.line((line) => line.includes('trial_started'));
  const refusal = {
    code: 2,
    signal: null,
    stdout: '',
    stderr: expect.stringMatching(
      new RegExp(
        `^Error: ${scratch.logs}/x is in use by process ${first.child.pid} on \\S+ since \\S+\\.\nWait for it to end, or give this run another name\\.\n$`,
      ),
    ),
  };
  const others = [
    command(scratch, 'x', ['-m', model]),
    command(scratch, 'x', ['-m', model, '--force']),
    command(scratch, 'x', ['-a', 'oracle', '--setting', 'solo']),
    ['eval', '-n', 'x', '--dataset-dir', join(scratch.root, 'dataset'), '--log-dir', scratch.logs],
  ];
  for (const ending of await Promise.all(
    others.map((args) => cooperbench(scratch, [...args, '--reporter', 'silent'])),
  ))
    expect(ending).toEqual(refusal);
  expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
  expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
    total_tasks: 1,
    completed: 1,
    eval: { errors: 0 },
  });
  await expectNothingLeft(scratch);
});

test('of several started in the same instant exactly one runs', async () => {
  const scratch = createScratch();
  shellDataset(join(scratch.root, 'dataset'));
  const args = command(scratch, 'x', ['-a', 'oracle']);
  const endings = await Promise.all([1, 2, 3].map(() => cooperbench(scratch, args)));
  const codes = endings.map(({ code }) => code).sort();
  // One that came after another had ended resumes it.
  expect(codes[0]).toBe(0);
  for (const { code, stderr } of endings) {
    if (code === 0) expect(stderr).toBe('');
    else {
      expect(code).toBe(2);
      expect(stderr).toMatch(/^Error: \S+\/logs\/x is in use by process \d+ on /);
    }
  }
  expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
    total_tasks: 1,
    completed: 1,
    pass_rate: 1,
  });
  await expectNothingLeft(scratch);
});
