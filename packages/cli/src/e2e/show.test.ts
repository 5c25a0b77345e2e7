import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMoney } from '@cooperbench/command/figures';
import { formatCauseText, readRun } from '@cooperbench/report';
import { writeSimulatedRun } from '@cooperbench/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch: Scratch = createScratch(afterAll);
const show = (...args: string[]) => cooperbench(scratch, ['show', ...args, '--log-dir', scratch.logs]);

beforeAll(async () => {
  const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
  const run = (...extraArgs: string[]) =>
    cooperbench(scratch, [
      ...['run', '-n', 'x', '-m', 'none', '--backend', 'local', '--dataset-dir', dataset],
      ...['--log-dir', scratch.logs, '-a', 'oracle', ...extraArgs],
    ]);
  expect(await run('-t', '1')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('--setting', 'solo', '-t', '2')).toMatchObject({ code: 0, stderr: '' });
  // What a seat hands in is not part of a verdict's identity here: the failing trial is made by hand.
  const directory = join(scratch.logs, 'x/coop/shell_task/1/f1_f2');
  const file = JSON.parse(readFileSync(join(directory, 'eval.json'), 'utf8'));
  file.both_passed = false;
  file.features_results['2'] = {
    ...file.features_results['2'],
    ...{ passed: false, exit_code: 1, tests_passed: 0, tests_failed: 1 },
    test_output: '\u001b[2J--- FAIL: TestX (0.00s)\n    x_test.go:1: got 1,\u0007 want 2\n',
  };
  writeFileSync(join(directory, 'eval.json'), JSON.stringify(file));
  const events = [
    {
      type: 'message',
      id: '1',
      from: 'agent1',
      to: 'agent2',
      text: 'Who\u001b]0;x\u0007 edits\nlib.txt?',
      accepted_by: ['agent2'],
    },
    { type: 'message', id: '2', from: 'agent2', to: 'agent1', text: 'Late', accepted_by: [] },
  ];
  const time = new Date().toISOString();
  for (const event of events)
    appendFileSync(join(directory, 'events.jsonl'), `${JSON.stringify({ ...event, time })}\n`);
});

test('without a trial, the run is a table with failures first', async () => {
  const { code, stdout, stderr } = await show('x');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[1]).toMatch(
    /^coop\/shell_task\/1\/f1_f2 {2}failed {3}2\/2 +clean +1 +\$0\.00 +\S+ {2}semantic conflict$/,
  );
  expect(lines[2]).toMatch(/^solo\/shell_task\/2\/f1_f2 {2}passed/);
  expect(lines.slice(3)).toEqual(['', '2 trials: 1 failed, 1 passed']);
});

test('a trial is on one screen: why it failed, who worked, time line, patches, merge, first failing test', async () => {
  const { code, stdout } = await show('x', 'shell_task/1/f1_f2');
  expect(code).toBe(0);
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    'coop/shell_task/1/f1_f2: failed',
    '  Each patch alone passes its tests, but on the merged tree, which has no conflict, feature 2 fails (1 of 1 tests failed, first "TestX": got 1, want 2 at x_test.go:1). Besides, agent2 never read agent1\'s message "Who edits lib.txt?"; agent2\'s message to agent1 was refused ("Late").',
  ]);
  expect(stdout).toContain(`
Seats
  agent1  oracle  Completed  0 steps  $0.00
  agent2  oracle  Completed  0 steps  $0.00
`);
  expect(stdout).toContain('agent1  to agent2 (not read): Who edits lib.txt?');
  expect(stdout).toContain('agent2  to agent1 (refused): Late');
  expect(stdout).toMatch(/\nPatches\n {2}agent1 {2}feature 1 {2}lib\.txt {2}\+1 {2}-\d\n/);
  expect(stdout).toContain('\nMerge: clean (policy union)\n');
  expect(stdout).toMatch(/\nFailing tests\n {2}feature 2, merged: TestX\n {4}got 1,.* want 2.*\n/);
  expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u);
});

test('--conversation, --diff and --tests print what they name in full, without control characters', async () => {
  const { stdout } = await show('x', 'shell_task/1/f1_f2', '--conversation', '--diff', '--tests');
  expect(stdout).toMatch(/agent1 → agent2 \(not read, not answered\)\n {2}Who edits\n {2}lib\.txt\?\n/);
  expect(stdout).toMatch(/agent2 → agent1 \(refused\)\n {2}Late\n/);
  expect(stdout).toMatch(/\nmerged\n {2}diff --git a\/lib\.txt b\/lib\.txt\n/);
  expect(stdout.indexOf('feature 2, merged: failed (0 passed, 1 failed)')).toBeLessThan(
    stdout.indexOf('feature 1, merged: passed'),
  );
  expect(stdout).not.toMatch(/\p{Cc}(?<!\n)/u);
});

test('--json is the trial as one object', async () => {
  const { stdout } = await show('x', 'solo/shell_task/2/f1_f2', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    trial: { id: 'solo/shell_task/2/f1_f2', verdict: 'passed', cause: null },
    patches: [{ seat: 'solo', features: [1, 2], applied: 'applied' }],
    first_failing_test: null,
    conversation: [],
  });
});

test('a trial of the oldest form of the Python original is shown', async () => {
  const trial = join(scratch.logs, 'py/x_task/task3/features_1_2');
  for (const seat of ['agent1', 'agent2']) {
    mkdirSync(join(trial, seat), { recursive: true });
    writeFileSync(
      join(trial, seat, 'trajectory.json'),
      JSON.stringify([{ role: 'agent_message', content: 'hi' }]),
    );
  }
  writeFileSync(join(trial, 'agent1/patch.diff'), '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n');
  const { code, stdout } = await show('py', 'x_task/3/f1_f2');
  expect(code).toBe(0);
  expect(stdout).toBe(`coop/x_task/3/f1_f2: not evaluated

Patches
  agent1  feature 1  x          +1  -1
  agent2  feature 2  (missing)
`);
});

test('a trial that does not exist, or a folder with a link, is refused with exit code 2', async () => {
  expect(await show('x', 'shell_task/1/f1_f3')).toMatchObject({
    code: 2,
    stderr: 'Error: x has no trial "shell_task/1/f1_f3".\nDid you mean "shell_task/1/f1_f2"?\n',
  });
  expect(await show('x', 'f1_f2')).toMatchObject({
    code: 2,
    stderr:
      'Error: x has 2 trials "f1_f2".\nName one of them: coop/shell_task/1/f1_f2, solo/shell_task/2/f1_f2.\n',
  });
  const link = join(scratch.logs, 'x/link');
  symlinkSync('/etc', link);
  const { code, stderr } = await show('x');
  rmSync(link);
  expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
    code: 2,
    stderr: `Error: ${link} is a symbolic link.`,
  });
});

/** Runs the command with the standard output of a terminal of 80 columns. */
async function showInTerminal(...args: string[]): Promise<string> {
  const before = ['isTTY', 'columns'].map(
    (key) => [key, Object.getOwnPropertyDescriptor(process.stdout, key)] as const,
  );
  Object.defineProperty(process.stdout, 'isTTY', { value: true, configurable: true });
  Object.defineProperty(process.stdout, 'columns', { value: 80, configurable: true });
  try {
    const shownLines = ['show', ...args, '--log-dir', scratch.logs];
    const { code, stdout, stderr } = await cooperbench(scratch, shownLines, { env: { NO_COLOR: '1' } });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  } finally {
    for (const [key, old] of before)
      if (old) Object.defineProperty(process.stdout, key, old);
      else Reflect.deleteProperty(process.stdout, key);
  }
}

test('a run and its trials fit into 80 columns, with whole costs, and sentences that break between words', async () => {
  await writeSimulatedRun(scratch.logs, 'wide', { pairs: 12 });
  const table = await showInTerminal('wide');
  const { trials } = await readRun(scratch.logs, 'wide');
  expect(table.match(/\$\d+\.\d\d/g)?.length).toBeGreaterThanOrEqual(trials.length - 4);
  const pages = [table];
  const trialses = [...Map.groupBy(trials, ({ cause, verdict }) => cause?.name ?? verdict).values()];
  expect(trialses.length).toBeGreaterThan(4);
  for (const [trial] of trialses) {
    const page = await showInTerminal('wide', trial?.id ?? '');
    pages.push(page);
    const words = (text: string): string => text.replaceAll(/\s+/g, ' ');
    if (trial?.cause) expect(words(page)).toContain(words(formatCauseText(trial.cause)));
    for (const { cost } of trial?.seats ?? []) if (cost !== null) expect(page).toContain(formatMoney(cost));
  }
  for (const line of pages.flatMap((page) => page.split('\n'))) {
    expect([...line].length, line).toBeLessThanOrEqual(80);
    expect(line).not.toMatch(/\$[\d.]*…/);
  }
});
