import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect } from 'vitest';
import { cooperbench, createScratch, type Scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNoProcessLeft, expectNothingLeft, processesOf } from './processes.test.support.ts';
import { contentOf, filesBelow, readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('bubblewrap');

/** Two pairs of two talking seats, with git; the hidden tests take a while, so that evaluation can be hit as well. */
function experiment(scratch: Scratch): string[] {
  const dataset = shellDataset(join(scratch.root, 'dataset'), {
    tasks: [1, 2],
    beforeCheck: 'sleep 0.2',
  });
  const scripts = [1, 2].flatMap((id) => [
    {
      match: { seat: 'agent1', features: [id] },
      turns: [
        { run: 'send_message agent2 "I begin"' },
        { run: [doFeature(id), 'git commit -qam mine', 'git push -q team HEAD:agent1'] },
      ],
    },
    { match: { seat: 'agent2', features: [id] }, turns: [{ run: 'sleep 0.7' }, { run: doFeature(id) }] },
  ]);
  const model = scriptedModel(scratch.root, scripts);
  return [
    ...['run', '-n', 'x', '-m', model, '--backend', 'local', '--git', '-c', '1', '--eval-concurrency', '1'],
    ...['--dataset-dir', dataset, '--log-dir', scratch.logs, '--reporter', 'json'],
  ];
}

let undisturbed: Record<string, unknown>;

/** When the signal is sent: so long after the start, or as soon as the n-th event of a type was reported. */
const moments = {
  SIGKILL: ['trial_started', 'git', 'trial_finished', 'evaluation_started', 'evaluation_finished'],
  SIGINT: ['300 ms', 'message', 'verdict'],
  SIGTERM: ['git'],
  SIGHUP: ['patch'],
} as const;

async function moment(running: ReturnType<typeof start>, when: string): Promise<void> {
  if (when.endsWith(' ms')) await delay(Number.parseInt(when, 10));
  else await running.line((line) => line.includes(`"type":"${when}"`));
}

describe(`a run that is interrupted and repeated ends with the files of an undisturbed one${reason}`, () => {
  beforeAll(async () => {
    let remove = (): void => {};
    const scratch = createScratch((work) => {
      remove = work;
    });
    const { code, stderr } = await cooperbench(scratch, experiment(scratch));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    undisturbed = contentOf(scratch, 'x');
    remove();
  });

  test('the undisturbed one did everything', () => {
    expect(undisturbed['summary.json']).toMatchObject({ total_tasks: 2, completed: 2, pass_rate: 1 });
    expect(undisturbed['coop/shell_task/1/f1_f2/conversation.json']).toMatchObject([
      { from: 'agent1', to: 'agent2', message: 'I begin', delivered: true },
    ]);
    expect(undisturbed['coop/shell_task/1/f1_f2/events.jsonl']).toContainEqual(
      expect.stringContaining('"service":"push","exit_code":0'),
    );
  });

  test('what a killed command was writing is removed by the next', async () => {
    const scratch = createScratch();
    const args = experiment(scratch);
    await cooperbench(scratch, args);
    const torn = ['config.json.0123abcd.tmp', 'coop/shell_task/2/f1_f2/eval.json.0123abcd.tmp'];
    for (const name of torn) writeFileSync(join(scratch.logs, 'x', name), '{');
    mkdirSync(join(scratch.logs, 'x/coop/shell_task/1/f1_f2.running'));
    // Killed between the two renames that put a new result in an old one's place.
    const trial = join(scratch.logs, 'x/coop/shell_task/2/f1_f2');
    const { run_id } = readJson(trial, 'result.json');
    renameSync(trial, `${trial}.old`);
    const { code } = await cooperbench(scratch, args);
    expect(code).toBe(0);
    expect(contentOf(scratch, 'x')).toEqual(undisturbed);
    expect(readJson(trial, 'result.json').run_id).toBe(run_id);
  });

  for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const name = `${signal} at %s`;
    test.concurrent.for(moments[signal])(name, async (when, { onTestFinished }) => {
      const scratch = createScratch(onTestFinished);
      const args = experiment(scratch);
      const running = start(scratch, args);
      await moment(running, when);
      running.child.kill(signal);
      const ending = await running.ended;
      await expectNoProcessLeft(scratch);
      if (signal !== 'SIGKILL') {
        expectInterrupted(scratch, ending, when);
        expect(readdirSync(scratch.tmp)).toEqual([]);
      }
      const { code, stderr } = await cooperbench(scratch, args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(contentOf(scratch, 'x')).toEqual(undisturbed);
      await expectNothingLeft(scratch);
    });
  }
});

/** Exit code 130, unless the signal came before it was listened to, or after all was done. */
function expectInterrupted(
  scratch: Scratch,
  ending: Awaited<ReturnType<typeof cooperbench>>,
  when: string,
): void {
  const late = when === 'evaluation_finished';
  const early = when.endsWith(' ms');
  if (early && ending.signal) return;
  if (late && ending.code === 0) return;
  expect(ending).toMatchObject({ code: 130, signal: null, stderr: 'Error: Interrupted.\n' });
  const there = filesBelow(scratch.root).filter((name) => name.startsWith('logs/'));
  expect(there.filter((name) => /\.lock|\.tmp$|\.running|\.old/.test(name))).toEqual([]);
  for (const name of there.filter((name) => name.endsWith('.json'))) readJson(scratch.root, name);
}

/** Looking through all processes takes processor time. */
const seldom = { interval: 200 };

describe(`interrupting${reason}`, () => {
  const busy = (scratch: Scratch, ...reporting: string[]): string[] => {
    const dataset = shellDataset(join(scratch.root, 'dataset'));
    const stubborn = 'trap "" INT TERM HUP; setsid sleep 600 & while :; do sleep 1; done';
    const model = scriptedModel(scratch.root, [{ turns: [{ run: stubborn }] }]);
    return [
      ...['run', '-n', 'x', '-m', model, '--backend', 'local'],
      ...['--dataset-dir', dataset, '--log-dir', scratch.logs, ...reporting],
    ];
  };

  test('cancels seats that ignore it, and says how far it came', async () => {
    const scratch = createScratch();
    const running = start(scratch, busy(scratch));
    await expect.poll(() => isSleeping(scratch), seldom).toBe(true);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'Error: Interrupted.\n' });
    expect(stdout).toMatch(
      /\n\[Trial 1\/1\] ! Cancelled after .*\n\n\[CooperBench\] Ended early: 0 of 1 trial finished \(\$0\.00\), 1 cancelled, kept in \S+\/logs\/x\n\[CooperBench\] Repeat the command to resume: 1 trial left\n$/,
    );
    await expectNothingLeft(scratch);
  });

  test('with --json ends with one object', async () => {
    const scratch = createScratch();
    const running = start(scratch, busy(scratch, '--json'));
    await expect.poll(() => isSleeping(scratch), seldom).toBe(true);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'INTERRUPTED', message: 'Interrupted.' } });
    await expectNothingLeft(scratch);
  });

  test('ends a whole experiment', async () => {
    const scratch = createScratch();
    shellDataset(join(scratch.root, 'dataset'));
    const model = scriptedModel(scratch.root, [{ turns: [{ run: 'sleep 600' }] }]);
    const experiments = { e: { matrix: { messaging: [true, false] } } };
    const configuration = JSON.stringify({ model, backend: 'local', experiments });
    writeFileSync(join(scratch.root, '.cooperbenchrc'), configuration);
    const running = start(scratch, ['run', '--experiment', 'e', '--reporter', 'json']);
    await running.line((line) => line.includes('sandbox_ready'));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: 'Error: Interrupted.\n' });
    expect((await cooperbench(scratch, ['list', 'runs'])).stdout).toMatch(/^e-messaging\t[^\n]*\n$/);
  });

  test('a second time ends at once, and the watchdog removes what is left', async () => {
    const scratch = createScratch();
    const many =
      'mkdir many; cd many; i=0; while [ $i -lt 20 ]; do mkdir $i; (cd $i; seq 500 | xargs touch); i=$((i+1)); done; touch ../ready; sleep 600';
    const model = scriptedModel(scratch.root, [{ turns: [{ run: many }] }], 'many.json');
    const running = start(
      scratch,
      busy(scratch).map((word) => (word.startsWith('scripted/') ? model : word)),
    );
    await expect.poll(() => filesNamed(scratch, 'ready'), seldom).toBe(2);
    // A busy process takes two signals that come together for one, so more than two are sent.
    while (running.child.exitCode === null && running.child.kill('SIGINT')) await delay(20);
    const { code, stdout, stderr } = await running.ended;
    expect({ code, stderr }).toEqual({
      code: 130,
      stderr: 'Stopped before the clean-up ended. `cooperbench clean` removes the sandboxes that are left.\n',
    });
    expect(stdout).not.toContain('Ended early');
    await expectNothingLeft(scratch);
  });

  test('while it waits for nothing but its processes leaves none of them', async () => {
    const scratch = createScratch();
    const running = start(scratch, busy(scratch, '--reporter', 'json'));
    await running.line((line) => line.includes('trial_started'));
    await expect.poll(() => isSleeping(scratch), seldom).toBe(true);
    running.child.kill('SIGKILL');
    expect(await running.ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    await expectNothingLeft(scratch);
  });
});

/** Returns whether a seat's command runs. */
function isSleeping(scratch: Scratch): boolean {
  return processesOf(scratch).some((line) => line.includes('sleep 600'));
}

function filesNamed(scratch: Scratch, name: string): number {
  return readdirSync(scratch.tmp, { recursive: true }).filter((path) =>
    String(path).endsWith(`/repo/${name}`),
  ).length;
}
