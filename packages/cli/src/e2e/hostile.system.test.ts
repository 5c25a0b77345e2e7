import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cooperbench, createScratch, type Scratch, slowness, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNothingLeft, peakMemoryMiB, processesOf } from './processes.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('bubblewrap');

/** Two trials; in the first, agent1 does this after its feature. Everybody else does their feature. */
function experiment(scratch: Scratch, hostile: string, ...extraArgs: string[]): string[] {
  const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks: [1, 2] });
  const model = scriptedModel(scratch.root, [
    { match: { task: 'shell_task/task1', seat: 'agent1' }, turns: [{ run: [doFeature(1), hostile] }] },
    { match: { features: [1] }, turns: [{ run: doFeature(1) }] },
    { match: { features: [2] }, turns: [{ run: doFeature(2) }] },
  ]);
  return [
    ...['run', '-n', 'x', '-m', model, '--backend', 'local', '--dataset-dir', dataset],
    ...['--log-dir', scratch.logs, '--no-messaging', ...extraArgs],
  ];
}

const trial = (scratch: Scratch, task: number, file: string): Record<string, unknown> =>
  readJson(scratch.logs, `x/coop/shell_task/${task}/f1_f2`, file);

function expectOtherTrialUnharmed(scratch: Scratch): void {
  expect(trial(scratch, 2, 'result.json')).toMatchObject({
    agents: { agent1: { status: 'Completed' }, agent2: { status: 'Completed' } },
  });
  expect(trial(scratch, 2, 'eval.json')).toMatchObject({ both_passed: true, error: null });
}

describe(`an agent${reason}`, () => {
  test('that prints 1 GB is shown a little of it, and costs little memory', async () => {
    const scratch = createScratch();
    const running = start(
      scratch,
      experiment(scratch, 'yes "all work and no play" | head -c 1000000000; echo THE END'),
    );
    const [peak, { code, stderr }] = await Promise.all([
      peakMemoryMiB(running.child.pid, running.ended),
      running.ended,
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(peak).toBeLessThan(300);
    expect(peak).toBeGreaterThan(30);
    expect(trial(scratch, 1, 'result.json')).toMatchObject({
      agents: { agent1: { status: 'Completed', error: null } },
    });
    const { messages } = readJson<{ messages: { role: string; content: string }[] }>(
      scratch.logs,
      'x/coop/shell_task/1/f1_f2/agent1_traj.json',
    );
    const shownLines = messages
      .filter(({ content }) => content.includes('all work'))
      .map(({ content }) => content);
    expect(shownLines.at(-1)).toContain('THE END');
    expect(shownLines.at(-1)?.length).toBeLessThan(12_000);
    expect(trial(scratch, 1, 'eval.json')).toMatchObject({ both_passed: true, error: null });
    expectOtherTrialUnharmed(scratch);
    await expectNothingLeft(scratch);
  });

  test('that forks processes which would survive it leaves none of them', async () => {
    const scratch = createScratch();
    const daemons =
      'for i in 1 2 3; do setsid sh -c "trap \'\' TERM INT HUP; sleep 777" >/dev/null 2>&1 & done; (setsid sleep 778 &) ; nohup sleep 779 &';
    const running = start(scratch, experiment(scratch, daemons, '--timeout', '20s'));
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(processesOf(scratch).filter((line) => line.includes('sleep 77'))).toEqual([]);
    expect(trial(scratch, 1, 'result.json')).toMatchObject({ agents: { agent1: { status: 'Completed' } } });
    expect(trial(scratch, 1, 'eval.json')).toMatchObject({ both_passed: true });
    expectOtherTrialUnharmed(scratch);
    await expectNothingLeft(scratch);
  });

  test('that never ends is timed out and judged by what it did', async () => {
    const scratch = createScratch();
    const endless = 'trap "" TERM INT HUP; while :; do sleep 1; done';
    const { code, stderr } = await cooperbench(
      scratch,
      experiment(scratch, endless, '--timeout', `${Math.ceil(4 * slowness)}s`),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(trial(scratch, 1, 'result.json')).toMatchObject({
      agents: { agent1: { status: 'Timeout', patch_lines: 1 }, agent2: { status: 'Completed' } },
    });
    expect(trial(scratch, 1, 'eval.json')).toMatchObject({ both_passed: true, error: null });
    expectOtherTrialUnharmed(scratch);
    await expectNothingLeft(scratch);
  });

  test('that fills its folders with what cannot be removed easily leaves none of it', async () => {
    const scratch = createScratch();
    const nasty =
      'd=.; i=0; while [ $i -lt 300 ]; do mkdir -p "$d/d" && d=$d/d && i=$((i+1)); done; mkdir "$HOME/locked" && touch "$HOME/locked/f" && chmod 000 "$HOME/locked"; mkfifo /tmp/pipe; ln -s / /tmp/root';
    const { code, stderr } = await cooperbench(scratch, experiment(scratch, nasty));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectOtherTrialUnharmed(scratch);
    expect(readdirSync(scratch.tmp)).toEqual([]);
    await expectNothingLeft(scratch);
  });
});
