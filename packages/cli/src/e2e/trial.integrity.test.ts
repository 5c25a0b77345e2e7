import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeOnEachBackend, onBackend, type Where } from './attacks.test.support.ts';
import {
  cooperbench,
  createScratch,
  type Ending,
  type Scratch,
  slowness,
  start,
} from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { endContainersOf, madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { readJson } from './run-files.test.support.ts';

const hang = 'sleep 3600';

interface Attack {
  /** What agent1 does after its feature. */
  readonly deed: string;
  /** How agent1 ends. By default it hands in its feature, as if nothing had happened. */
  readonly ends?: { readonly patch_lines: number; readonly error: unknown; readonly status?: unknown };
}
const nothing = (error: RegExp) => ({ patch_lines: 0, error: expect.stringMatching(error) as unknown });

/** None of these may lose the trial to infrastructure, because a trial that is lost is run again and not counted. */
const attacks: Readonly<Record<string, Attack>> = {
  'a git on PATH that hangs': {
    deed: `IFS=:; for d in $PATH; do [ -w "$d" ] && [ ! -e "$d/git" ] && printf '#!/bin/sh\\n${hang}\\n' > "$d/git" && chmod +x "$d/git"; done; true`,
  },
  'configuration that hangs': {
    deed: `git config core.fsmonitor '${hang}'; git config filter.f.clean '${hang}'; echo '*.txt filter=f' > .git/info/attributes; git config alias.add '!${hang}'; mkfifo .git/fifo; git config include.path fifo`,
  },
  'a remote that promises objects': {
    deed: `git config extensions.partialClone p; git config remote.p.promisor true; git config remote.p.url 'ext::sh -c "${hang}"'`,
  },
  'a .git of junk': {
    deed: 'rm -rf .git; echo junk > .git',
    ends: nothing(/does not have the base commit$/),
  },
  'a .git that is a pipe': {
    deed: 'rm -rf .git; mkfifo .git',
    ends: nothing(/does not have the base commit$/),
  },
  'a file that blocks whoever reads it': {
    deed: 'mkdir d; mkfifo d/.gitignore; echo d > d/file',
    ends: nothing(/: git did not end within 120 s$/),
  },
  'a patch over the limit': {
    deed: 'yes $(seq 1000) | head -c 106000000 > big',
    ends: nothing(/^the patch is larger than 104857600 bytes$/),
  },
  // Stops what Docker starts a process with, so a later command of the agent waits for the end of its time.
  'a process that stops each new one': {
    deed: "setsid sh -c 'while :; do for p in /proc/[0-9]*; do read -r c < $p/comm && case $c in runc*) kill -STOP ${p#/proc/} ;; esac; done; sleep 0.02; done' > /dev/null 2>&1 &",
    ends: {
      status: expect.toBeOneOf(['Completed', 'Timeout']),
      patch_lines: 1,
      error: expect.toBeOneOf([null, expect.any(String)]),
    },
  },
  'an end of all that can be ended, without `sleep`': {
    deed: 'rm -f /bin/sleep /usr/bin/sleep; kill -CONT -1; kill -KILL -1',
  },
  'processes that burn': { deed: 'for i in 1 2 3 4; do setsid sh -c "while :; do :; done" & done' },
};

// Both backends at once: most of the time, the attacks wait for a limit.
describe.concurrent('whole trials', () => {
  describeOnEachBackend('an agent that wants its trial not to count', (backendName) => {
    const names = Object.keys(attacks);
    let remove = (): void => {};
    let scratch: Scratch;
    let args: readonly string[];
    let ending: Ending;
    let pid: number;
    const file = (name: string, which: string): object =>
      readJson(scratch.logs, `x/coop/shell_task/${names.indexOf(name) + 1}/f1_f2`, which);

    beforeAll(async () => {
      scratch = createScratch((work) => {
        remove = work;
      });
      args = experiment(scratch, backendName, names);
      const running = start(scratch, args);
      pid = running.child.pid;
      ending = await running.ended;
    });
    afterAll(() => {
      if (backendName === 'docker') {
        endContainersOf(pid);
        removeImages(scratch);
      }
      remove();
    });

    test('fails: no trial is lost, and none is run again', async () => {
      expect(ending).toMatchObject({ code: 0, stderr: '' });
      if (backendName === 'docker') expect(madeBy(pid)).toEqual([]);
      expect(readJson(scratch.logs, 'x/eval_summary.json')).toMatchObject({
        errors: 0,
        total_runs: names.length,
      });
      const again = await cooperbench(scratch, args);
      expect(again).toMatchObject({ code: 0, stderr: '' });
      expect(again.stdout).not.toContain('"trial_started"');
    });

    test.for(names)('%s', (name) => {
      const { status = 'Completed', ...rest } = attacks[name]?.ends ?? { patch_lines: 1, error: null };
      expect(file(name, 'result.json')).toMatchObject({
        agents: {
          agent1: { status, ...rest },
          agent2: { status: 'Completed', patch_lines: 1, error: null },
        },
      });
      expect(file(name, 'eval.json')).toMatchObject({ both_passed: rest.patch_lines === 1, error: null });
    });
  });
});

function experiment(scratch: Scratch, backendName: Where, names: readonly string[]): string[] {
  const tasks = names.map((_, index) => index + 1);
  const hostile = names.map((name, index) => ({
    match: { task: `shell_task/task${index + 1}`, seat: 'agent1' },
    turns: [{ run: doFeature(1) }, { run: attacks[name]?.deed ?? '' }],
  }));
  const peer = { match: { seat: 'agent2' }, turns: [{ run: doFeature(2) }] };
  const dataset = shellDataset(join(scratch.root, 'dataset'), {
    tasks,
    ...(backendName === 'docker' && { ownImages: 'shared' }),
  });
  return [
    ...['run', '-n', 'x', '-m', scriptedModel(scratch.root, [...hostile, peer]), '--reporter', 'json'],
    ...(backendName === 'docker' ? onDocker : onBackend(backendName)),
    ...['--dataset-dir', dataset, '--log-dir', scratch.logs, '--timeout', `${Math.ceil(150 * slowness)}s`],
  ];
}
