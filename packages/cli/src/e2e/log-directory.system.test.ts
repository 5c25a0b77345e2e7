import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch, type Scratch } from './cli.test.support.ts';
import { scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNothingLeft } from './processes.test.support.ts';
import { filesBelow, readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const needs = { mount: needing('mount'), bubblewrap: needing('bubblewrap') };

const oracle = (scratch: Scratch, dataset: string, ...extraArgs: string[]): string[] => [
  ...['run', '-a', 'oracle', '--backend', 'local', '-n', 'x', '--dataset-dir', dataset],
  ...['--log-dir', scratch.logs, ...extraArgs],
];

describe('a log directory', () => {
  const mount = (at: string, options: string): void => {
    mkdirSync(at);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at]);
    onTestFinished(() => void execFileSync('umount', ['-l', at]));
  };

  needs.mount.test(`that is read-only is refused, and nothing is run${needs.mount.reason}`, async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    mount(scratch.logs, 'ro');
    const { code, stdout, stderr } = await cooperbench(
      scratch,
      oracle(scratch, dataset, '--reporter', 'silent'),
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Error: Nothing can be written to \S+\/logs\/x: EROFS: read-only file system, .*\nFree some space or name another directory with --log-dir\.\n$/,
    );
    await expectNothingLeft(scratch);
  });

  needs.mount.test(`that has become read-only is refused by eval${needs.mount.reason}`, async () => {
    const scratch = createScratch();
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    mount(scratch.logs, 'size=64m');
    await cooperbench(scratch, oracle(scratch, dataset));
    execFileSync('mount', ['-o', 'remount,ro', scratch.logs]);
    const args = ['eval', '-n', 'x', '--dataset-dir', dataset, '--log-dir', scratch.logs];
    const { code, stdout, stderr } = await cooperbench(scratch, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      /^Error: Nothing can be written to \S+\/logs\/x: EROFS: read-only file system, .*\nFree some space or name another directory with --log-dir\.\n$/,
    );
  });

  const both = needs.mount.reason ? needs.mount : needs.bubblewrap;
  both.test(
    `that is full stops the run; repeated with space, it ends as if nothing had been${both.reason}`,
    async () => {
      const scratch = createScratch();
      const dataset = shellDataset(join(scratch.root, 'dataset'), { features: [1, 2, 3] });
      const tooBig = { turns: [{ run: 'head -c 300000 /dev/urandom | od > big.txt' }] };
      const scripts = [{ match: { features: [3] }, ...tooBig }, { turns: [] }];
      const model = scriptedModel(scratch.root, scripts);
      const run = ['run', '-m', model, ...oracle(scratch, dataset).slice(3), '-c', '1'];
      mount(scratch.logs, 'size=200k');
      const full = await cooperbench(scratch, run);
      expect(full.code).toBe(1);
      expect(full.stderr).toMatch(
        /^Error: Results cannot be written to \S+\/logs\/x: ENOSPC: no space left on device, write\nFree some space or name another directory with --log-dir\. Then repeat the command: it keeps every result that is complete\.\n$/,
      );
      expect(filesBelow(scratch.logs).filter((name) => /\.tmp$|\.running|\.lock/.test(name))).toEqual([]);
      for (const name of filesBelow(scratch.logs).filter((name) => name.endsWith('.json')))
        readJson(scratch.logs, name);
      const kept = readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json');
      scriptedModel(scratch.root, [tooBig]);
      expect(await cooperbench(scratch, [...run, '-f', '1,2', '--force'])).toMatchObject({ code: 1 });
      expect(readJson(scratch.logs, 'x/coop/shell_task/1/f1_f2/result.json')).toEqual(kept);
      scriptedModel(scratch.root, scripts);
      await expectNothingLeft(scratch);

      execFileSync('mount', ['-o', 'remount,size=64m', scratch.logs]);
      const ending = await cooperbench(scratch, run);
      expect({ code: ending.code, stderr: ending.stderr }).toEqual({ code: 0, stderr: '' });
      expect(ending.stdout).toContain('Found 3 trials (1 already done)');
      expect(readJson(scratch.logs, 'x/summary.json')).toMatchObject({
        total_tasks: 3,
        completed: 3,
        skipped: 1,
      });
    },
  );
});
