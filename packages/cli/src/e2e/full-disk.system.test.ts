import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, globSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch, type Scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const needs = { mount: needing('mount'), bubblewrap: needing('bubblewrap') };
const both = needs.mount.reason ? needs.mount : needs.bubblewrap;

/** Gives the sandboxes of a place a disk of 64 MiB. */
function smallDisk({ tmp }: Scratch): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', tmp]);
  onTestFinished(() => void execFileSync('umount', ['-l', tmp]));
}

const pair = 'x/coop/shell_task/1/f1_f2';

const runOf = (
  scratch: Scratch,
  dataset: string,
  turns: readonly string[],
  ...extraArgs: string[]
): string[] => [
  ...['run', '-n', 'x', '--backend', 'local', '--reporter', 'silent', '--dataset-dir', dataset],
  ...['--log-dir', scratch.logs, ...extraArgs, '-m'],
  scriptedModel(scratch.root, [
    { match: { seat: 'agent1' }, turns: turns.map((run) => ({ run })) },
    { turns: [{ run: doFeature(2) }] },
  ]),
];

describe(`a disk that all sandboxes share${both.reason}`, () => {
  both.test('and that tests fill is their failure: a control on the same disk passes', async () => {
    const scratch = createScratch();
    smallDisk(scratch);
    const beforeCheck =
      'if grep -q attack lib.txt; then dd if=/dev/zero of="$TMPDIR/fill" bs=65536; exit 1; fi';
    const dataset = shellDataset(join(scratch.root, 'dataset'), { beforeCheck });
    const ending = await cooperbench(
      scratch,
      runOf(scratch, dataset, [doFeature(1), 'echo attack >> lib.txt']),
    );
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(readJson(scratch.logs, pair, 'eval.json')).toMatchObject({
      error: null,
      both_passed: false,
      control: { status: 'usable' },
      individual: { agent1: { success: false }, agent2: { success: true } },
    });
  });

  both.test('and that an agent fills costs only its own trial', async () => {
    const scratch = createScratch();
    smallDisk(scratch);
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    const turns = [doFeature(1), 'dd if=/dev/zero of=/tmp/fill bs=65536; true'];
    await cooperbench(scratch, runOf(scratch, dataset, turns, '--no-auto-eval'));
    expect(readJson(scratch.logs, pair, 'result.json')).toMatchObject({
      agents: { agent1: { status: 'Completed', error: null, patch_lines: 1 } },
    });
  });

  both.test('and that somebody else fills loses the seats, which a run with room repeats', async () => {
    const scratch = createScratch();
    smallDisk(scratch);
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    const wait = 'touch /tmp/here; while [ ! -e /tmp/go ]; do sleep 0.05; done';
    const write = `${doFeature(1)}; head -c 300000 /dev/urandom > data.bin`;
    const args = runOf(scratch, dataset, [wait, write]);
    const running = start(scratch, args);
    const find = (): string | undefined =>
      globSync(join(scratch.tmp, 'cooperbench-local-*/sandboxes/*/tmp/here'))[0];
    await expect.poll(find).toBeDefined();
    const filler = join(scratch.tmp, 'filler');
    fill(filler);
    writeFileSync(join(find() as string, '../go'), '');
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(readJson(scratch.logs, pair, 'result.json')).toMatchObject({
      agents: { agent1: { status: 'Error', error_code: 'HOST_FULL' } },
    });
    rmSync(filler);
    scriptedModel(scratch.root, [
      { match: { seat: 'agent1' }, turns: [{ run: write }] },
      { turns: [{ run: doFeature(2) }] },
    ]);
    expect(await cooperbench(scratch, args)).toMatchObject({ code: 0, stderr: '' });
    expect(readJson(scratch.logs, pair, 'eval.json')).toMatchObject({ error: null, both_passed: true });
  });
});

/** Writes until no byte is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let block = 65_536; block > 0; )
      try {
        writeSync(file, Buffer.alloc(block, 1));
      } catch {
        block = Math.floor(block / 2);
      }
  } finally {
    closeSync(file);
  }
}

both.test(`a machine that lacks room, processes or memory gives no wrong verdict${both.reason}`, () => {
  const sweep = join(import.meta.dirname, '../../../../bench/soundness/sweep.ts');
  // Disks of 500 and 4,000 KiB, 25 processes, 192 MiB of memory.
  const args = [sweep, 'local', '--at', '0,20,40,55', '--one'];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^limit[\s\S]*\n0 wrong\n$/),
  });
});
