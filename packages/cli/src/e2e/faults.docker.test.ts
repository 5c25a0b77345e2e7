import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  cooperbench,
  createScratch,
  type Ending,
  type Scratch,
  slowness,
  start,
} from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { docker, madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('docker');

/** What agent1 of each task does after its feature, or what is done to its container meanwhile. */
const tasks = {
  undisturbed: 1,
  'docker kill': 2,
  'docker rm -f': 3,
  'docker pause': 4,
  'a fork bomb': 5,
  'chmod 000 /': 6,
  'a removed .git': 7,
  'a deleted relay': 8,
} as const;

/** Each in a run of its own: sandboxes of several trials that fail in the same moment are infrastructure. */
const alone = { 'a killed first process': 9, 'a deleted shell': 10 } as const;

/** Long enough for the harm to come. */
const harmedDuring = `sleep ${Math.ceil(20 * slowness)}`;

const deeds: Readonly<Record<number, string>> = {
  [tasks['docker kill']]: harmedDuring,
  [tasks['docker rm -f']]: harmedDuring,
  [tasks['docker pause']]: harmedDuring,
  [alone['a killed first process']]: harmedDuring,
  [alone['a deleted shell']]: 'rm -f /bin/sh',
  // The shell forks once, before the bomb can keep it from that.
  [tasks['a fork bomb']]: '(bomb() { bomb | bomb & }; bomb) & exec sleep 600',
  [tasks['chmod 000 /']]: 'chmod -R 000 /workspace /patches; chmod 000 /',
  [tasks['a removed .git']]: 'rm -rf .git',
  [tasks['a deleted relay']]:
    'rm -rf /tmp/cooperbench.* /usr/local/bin/send_message; for p in /proc/[0-9]*; do grep -qs doorkeeper $p/cmdline && kill -9 ${p#/proc/}; done; true',
};

const harms: Readonly<Record<number, readonly string[]>> = {
  [tasks['docker kill']]: ['kill'],
  [tasks['docker rm -f']]: ['rm', '-f'],
  [tasks['docker pause']]: ['pause'],
};

/** Ends the first process of a container as its memory or ptrace can: without a call of Docker's. */
function killFirstProcess(sandbox: string): string {
  process.kill(Number(docker('inspect', '--format', '{{.State.Pid}}', sandbox)), 'SIGKILL');
  return '';
}

/**
 * Waits until the seat's second command runs: a container that is paused while a command starts in it hangs Docker
 * itself. Tries again when a process is just starting, which control groups of version 1 cannot freeze.
 */
async function doHarm(harm: readonly string[], sandbox: string): Promise<string> {
  while (!docker('top', sandbox).includes(harmedDuring)) await delay(100);
  for (;;) {
    try {
      return docker(...harm, sandbox);
    } catch (error) {
      if (!String(error).includes('unable to freeze')) throw error;
      await delay(200);
    }
  }
}

function experiment(scratch: Scratch, ids: readonly number[] = Object.values(tasks)): string[] {
  const scripts = ids.map((id) => ({
    match: { task: `shell_task/task${id}`, seat: 'agent1' },
    turns: [{ run: doFeature(1) }, { run: deeds[id] ?? 'true' }],
  }));
  const peer = { match: { seat: 'agent2' }, turns: [{ run: doFeature(2) }] };
  return [
    ...['run', '-n', 'x', '-m', scriptedModel(scratch.root, [...scripts, peer]), ...onDocker],
    ...['--backend-option', 'docker.cpus=0.5'],
    ...[
      '--dataset-dir',
      shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared', tasks: [...ids] }),
      '--log-dir',
      scratch.logs,
    ],
    // The fork bomb's seat meets this limit, before its command's own of 120 s; the others must not.
    ...[
      '-c',
      '10',
      '--timeout',
      `${Math.min(110, Math.ceil(60 * slowness))}s`,
      '--git',
      '--reporter',
      'json',
    ],
  ];
}

type Seat = { status: string; error: string | null; patch_lines: number };
type Result = { agents: { agent1: Seat; agent2: Seat } };

describe(`on Docker, harm comes to the seat it is done to, and to no other${reason}`, () => {
  let remove = (): void => {};
  let scratch: Scratch;
  let ending: Ending;
  let left: string[];

  const result = (subject: keyof typeof tasks): Result =>
    readJson<Result>(scratch.logs, `x/coop/shell_task/${tasks[subject]}/f1_f2/result.json`);
  const verdict = (subject: keyof typeof tasks): Record<string, unknown> =>
    readJson(scratch.logs, `x/coop/shell_task/${tasks[subject]}/f1_f2/eval.json`);

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    const running = start(scratch, experiment(scratch));
    const harmed: Promise<string>[] = [];
    const sandboxes = new Map<string, string>();
    void running.line((line) => {
      const event = JSON.parse(line) as Partial<Record<'type' | 'trial' | 'seat' | 'sandbox', string>> & {
        steps?: number;
      };
      const { type, trial = '', seat, sandbox = '', steps } = event;
      const harm = harms[Number(trial.split('/')[2])];
      if (seat !== 'agent1' || !harm) return false;
      if (type === 'sandbox_ready') sandboxes.set(trial, sandbox);
      if (type === 'step' && steps === 2) harmed.push(doHarm(harm, sandboxes.get(trial) ?? ''));
      return false;
    });
    ending = await running.ended;
    await Promise.all(harmed);
    left = madeBy(running.child.pid);
  });
  afterAll(() => {
    removeImages(scratch);
    remove();
  });

  test('what was harmed from outside is lost, its peer and the others are not, and nothing is left', () => {
    expect(ending).toMatchObject({ code: 1, stderr: '' });
    expect(left).toEqual([]);
    const expectedLoss = {
      'docker kill': 'ended from outside (exit code 137)',
      'docker rm -f': 'removed from outside',
      'docker pause': 'paused from outside',
    } as const;
    for (const [subject, way] of Object.entries(expectedLoss) as [keyof typeof expectedLoss, string][]) {
      const { agent1, agent2 } = result(subject).agents;
      expect(agent1.status).toBe('Error');
      // Docker ends a container before it removes it: the seat may see either.
      expect(agent1.error).toMatch(
        /^The sandbox cooperbench-shell-\d-agent1-\w+ is lost: its container was /,
      );
      if (subject !== 'docker rm -f') expect(agent1.error).toContain(way);
      expect(agent2).toMatchObject({ status: 'Completed', error: null, patch_lines: 1 });
      expect(verdict(subject)).toMatchObject({
        both_passed: false,
        error: `agent1 was lost: ${agent1.error}`,
      });
    }
  });

  test.for(['undisturbed', 'chmod 000 /', 'a deleted relay'] as const)(
    '%s: both hand in, and pass',
    (subject) => {
      const completeResult = { status: 'Completed', error: null, patch_lines: 1 };
      expect(result(subject).agents).toMatchObject({ agent1: completeResult, agent2: completeResult });
      expect(verdict(subject)).toMatchObject({ both_passed: true, error: null });
    },
  );

  test('a fork bomb ends with its seat, at the limit of time, and what was done before counts', () => {
    expect(result('a fork bomb').agents).toMatchObject({
      agent1: { status: 'Timeout', error: null, patch_lines: 1 },
      agent2: { status: 'Completed', error: null, patch_lines: 1 },
    });
    expect(verdict('a fork bomb')).toMatchObject({ both_passed: true, error: null });
  });

  test('a removed .git is the agent’s failure, and said', () => {
    const { agent1, agent2 } = result('a removed .git').agents;
    expect(agent1).toMatchObject({ status: 'Completed', patch_lines: 0 });
    expect(agent1.error).toMatch(
      /^no patch could be taken from the work tree: .*\/\.git does not have the base commit$/,
    );
    expect(agent2).toMatchObject({ status: 'Completed', error: null, patch_lines: 1 });
    expect(verdict('a removed .git')).toMatchObject({ both_passed: false, error: null });
  });

  test('the repeated command runs what was lost, and only that', async () => {
    const again = await cooperbench(scratch, experiment(scratch));
    expect(again).toMatchObject({ code: 0, stderr: '' });
    const begun = [...again.stdout.matchAll(/"trial_started","trial":"coop\/shell_task\/(\d+)/g)];
    expect(begun.map(([, id]) => Number(id)).sort()).toEqual(Object.keys(harms).map(Number));
    expect(verdict('docker kill')).toMatchObject({ both_passed: true, error: null });
  });
});

describe(`on Docker, an agent whose sandbox dies is judged${reason}`, () => {
  test.for([
    ['a killed first process', 'Completed', 1],
    // Every command fails, so its model gives up at a limit of its steps.
    ['a deleted shell', 'LimitsExceeded', 0],
  ] as const)('%s', async ([subject, status, lines]) => {
    let remove = (): void => {};
    const scratch = createScratch((work) => {
      remove = work;
    });
    try {
      const running = start(scratch, experiment(scratch, [alone[subject]]));
      let sandbox = '';
      let killed: Promise<void> | undefined;
      void running.line((line) => {
        const event = JSON.parse(line) as { type: string; seat?: string; sandbox?: string; steps?: number };
        if (event.seat !== 'agent1') return false;
        if (event.type === 'sandbox_ready') sandbox = event.sandbox ?? '';
        if (subject === 'a killed first process' && event.type === 'step' && event.steps === 2)
          killed = delay(2000 * slowness).then(() => void killFirstProcess(sandbox));
        return false;
      });
      const { code } = await running.ended;
      await killed;
      expect(code).toBe(0);
      const trial = `x/coop/shell_task/${alone[subject]}/f1_f2`;
      const { agent1, agent2 } = readJson<Result>(scratch.logs, `${trial}/result.json`).agents;
      expect(agent1).toMatchObject({ status, patch_lines: lines });
      expect(agent2).toMatchObject({ status: 'Completed', error: null, patch_lines: 1 });
      expect(readJson(scratch.logs, `${trial}/eval.json`)).toMatchObject({ error: null });
    } finally {
      removeImages(scratch);
      remove();
    }
  });
});
