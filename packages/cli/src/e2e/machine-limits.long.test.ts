import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bin, createScratch, type Scratch, trustIn } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';

const oracle = (scratch: Scratch, dataset: string): string[] => [
  ...[
    'run',
    '-a',
    'oracle',
    '--backend',
    'local',
    '-n',
    'x',
    '--dataset-dir',
    dataset,
    '--log-dir',
    scratch.logs,
  ],
];

const environment = ({ root, tmp }: Scratch): NodeJS.ProcessEnv => ({
  ...{ PATH: process.env.PATH, HOME: root, TMPDIR: tmp },
  ...trustIn({}),
});

/** Runs the command under a limit of the shell. */
function limited(scratch: Scratch, limit: string, args: readonly string[]) {
  return spawnSync('sh', ['-c', `ulimit ${limit} && exec "$0" "$@"`, process.execPath, bin, ...args], {
    cwd: scratch.root,
    env: environment(scratch),
    encoding: 'utf8',
  });
}

/** Runs the command with its standard output on a device that is always full. */
function toFullDisk(scratch: Scratch, args: readonly string[]) {
  const full = openSync('/dev/full', 'w');
  try {
    return spawnSync(process.execPath, [bin, ...args], {
      ...{ cwd: scratch.root, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] },
      env: environment(scratch),
    });
  } finally {
    closeSync(full);
  }
}

const lossMessage =
  'Error: Standard output cannot be written: ENOSPC: no space left on device, write\nThe rest of it is lost. The command itself goes on.\n';

test.skipIf(!existsSync('/dev/full'))('standard output on a full disk is an error of one sentence', () => {
  const scratch = createScratch();
  for (const args of [
    ['--version'],
    ['--help'],
    ['list', 'agents'],
    ['list', 'agents', '--json'],
    ['config', 'schema'],
  ])
    expect(toFullDisk(scratch, args)).toMatchObject({ status: 1, stderr: lossMessage });
});

test.skipIf(!existsSync('/dev/full'))('a run whose output nobody can read ends, with exit code 1', () => {
  const scratch = createScratch();
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  expect(toFullDisk(scratch, oracle(scratch, dataset))).toMatchObject({ status: 1, stderr: lossMessage });
  const summary = JSON.parse(readFileSync(join(scratch.logs, 'x/eval_summary.json'), 'utf8'));
  expect(summary).toMatchObject({ passed: 1, errors: 0 });
});

test('a limit of open files that is too low is named with what to do, not as a bug', () => {
  const scratch = createScratch();
  const dataset = shellDataset(join(scratch.root, 'dataset'), { features: [1, 2, 3] });
  // Each limit is reached elsewhere: where a sandbox is made, or where a program starts.
  for (const limit of [24, 34]) {
    const { status, stdout, stderr } = limited(scratch, `-n ${limit}`, oracle(scratch, dataset));
    // 2: before anything ran.
    expect([1, 2], stdout + stderr).toContain(status);
    // The line of a trial leaves out the middle of a long message. What started the tests may have left a file open.
    expect(stdout + stderr).toMatch(
      /This process (has as many files open as its|inherited an open fil)[\s\S]*Raise the limit, for example with ulimit -n 4096, or (lower --concurrency|close that file)\./,
    );
    expect(stdout + stderr).not.toMatch(
      /bug in cooperbench|Report it|Free some space|Cannot read properties|node:internal/,
    );
  }
  const spawnSyncReturns = limited(scratch, '-n 1024', oracle(scratch, dataset));
  expect(spawnSyncReturns, spawnSyncReturns.stdout + spawnSyncReturns.stderr).toMatchObject({ status: 0 });
});
