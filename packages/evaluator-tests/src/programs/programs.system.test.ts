import { Buffer } from 'node:buffer';
import { rmSync } from 'node:fs';
import {
  type Backend,
  type Job,
  type JobReport,
  runJobsInSandboxes,
  type Submission,
} from '@cooperbench/core';
import { discover } from '@cooperbench/runs';
import {
  addLine,
  formatNewFilePatch,
  hostSandbox,
  passingCheck,
  shellTask,
  testShells,
} from '@cooperbench/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CanaryPatches } from '../canary-patches.ts';
import { parseFacts } from '../facts.ts';
import { jobsOf } from '../jobs.ts';
import { strict, union } from '../merge-policies.ts';

const policies = { union: { name: 'union', ...union }, strict: { name: 'strict', ...strict } };

interface Run {
  readonly policy?: keyof typeof policies;
  readonly check?: string;
  readonly testPatterns?: readonly string[];
  /** Hidden tests in place of those of both features. They are not run, and the output `state` becomes the files of canaries. */
  readonly tests?: string;
  readonly canaries?: CanaryPatches;
  /** Absent means one of its own, with `check` and `testPatterns`. */
  readonly dataset?: string;
  /** Runs in sh at the end of the job's program. */
  readonly atEnd?: string;
}

const outputOf = ({ outputFiles }: JobReport, name: string): string =>
  Buffer.from(outputFiles.get(name) ?? '').toString();

const withTests = (job: Job, tests: string): Job => ({
  ...job,
  files: new Map([...job.files, ...[1, 2].map((id) => [`tests-${id}.patch`, tests] as const)]),
  program: `${job.program}\ncat "$in"/canar* > "$out/state"\n`,
  steps: [],
});

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      /** Runs the job of the merged tree. */
      async function run(
        patches: readonly string[],
        { policy = 'union', check, testPatterns, tests, canaries, dataset: given, atEnd = '' }: Run = {},
      ) {
        const made = shellTask({
          ...(check !== undefined && { check }),
          taskJson: { timeout_seconds: 60, network: 'none', test_patterns: testPatterns },
        });
        onTestFinished(() => rmSync(made, { recursive: true, force: true }));
        const task = discover(given ?? made).tasks[0] ?? expect.fail('no task');
        const submission: Submission = {
          ...{ id: 'a', task, setting: 'any', judged: 'merge', features: [1, 2], untrusted: false },
          individual: {},
          patches: patches.map((patch, index) => ({
            ...{ seat: `agent${index + 1}`, features: [index + 1], patch: Buffer.from(patch) },
          })),
        };
        const context = { policy: policies[policy], runName: 'r', canaries };
        const jobs = (await jobsOf(submission, context)).map((job) =>
          tests === undefined ? { ...job, program: `${job.program}\n${atEnd}` } : withTests(job, tests),
        );
        const backend: Backend = {
          create: ({ taskDir }) => hostSandbox(undefined, { path: shell.path, taskDir }),
        };
        const results = runJobsInSandboxes(backend, jobs, { concurrency: 1 });
        const [report] = await Array.fromAsync(canaries?.keepFrom(results) ?? results);
        if (!report || 'error' in report) return expect.fail(report?.error ?? 'no report');
        const { applied, dropped, conflicts, merge, canary } = parseFacts(report.markedLines);
        return {
          applied: [...applied.values()],
          dropped: dropped.map(({ path, rule }) => `${rule}: ${path}`).toSorted(),
          ...{ conflicts, merge: merge && `${merge.status} ${merge.how}`, steps: stepsOf(report) },
          ...{ canary, diff: outputOf(report, 'merged.patch'), state: outputOf(report, 'state') },
          canaryPatch: outputOf(report, 'canary'),
        };
      }

      const stepsOf = ({ steps }: JobReport): object =>
        Object.fromEntries(
          [...(steps ?? [])].map(([name, { exitCode, output, stderr }]) => [
            name,
            `${exitCode} ${Buffer.from(output).toString().split('\n').slice(0, 2).join(', ')}${stderr}`,
          ]),
        );

      test('patches are applied and merged, and each feature is tested on the base with the merged diff', async () => {
        const { diff, state: _, canaryPatch: __, ...rest } = await run([addLine(1), addLine(2)]);
        expect(rest).toEqual({
          ...{ applied: ['applied', 'applied'], dropped: [], conflicts: [], merge: 'clean naive' },
          canary: undefined,
          steps: { 1: '0 1..1, ok 1', 2: '0 1..1, ok 1' },
        });
        expect(diff).toMatch(/^\+feature 1\n[\s\S]*^\+feature 2\n/m);
      });

      test('a conflict is resolved by union, and by nothing under strict', async () => {
        const patches = [addLine(1, 'feature 1'), addLine(1, 'feature 2')];
        const merged = await run(patches);
        expect(merged).toMatchObject({ conflicts: ['lib.txt'], merge: 'conflicts resolved' });
        expect(merged.steps).toEqual({ 1: '0 1..1, ok 1', 2: '0 1..1, ok 1' });
        const unresolved = await run(patches, { policy: 'strict' });
        expect(unresolved).toMatchObject({ merge: 'conflicts none', diff: '', steps: {} });
      });

      test('a patch that does not apply is missing, and the machine is looked at', async () => {
        const { applied, merge, steps } = await run(['prose\n', addLine(2)]);
        expect([applied, merge]).toEqual([['failed', 'applied'], 'missing_input none']);
        expect(steps).toEqual({ probe: '0 ' });
      });

      test('files that no patch may change are dropped, whatever their names', async () => {
        const names = ["it's", 'a b', '[x]*', 'ünï', 'semi;colon', '$HOME'];
        const tests = names.map((name) => formatNewFilePatch(`tests/${name}`, 'x\n'));
        const hidden = formatNewFilePatch('check1.sh', 'echo mine\n');
        const { dropped, diff, applied } = await run([addLine(1) + tests.join('') + hidden, addLine(2)]);
        expect(dropped).toEqual(
          [
            'touched by the hidden tests: check1.sh',
            ...names.map((name) => `test folder tests: tests/${name}`),
          ].toSorted(),
        );
        expect(applied).toEqual(['applied', 'applied']);
        expect(diff).not.toContain('tests/');
      });

      test("a task's patterns reach git as they are, with a quote", async () => {
        const { dropped } = await run([addLine(1) + formatNewFilePatch("it's.t", 'x\n'), ''], {
          testPatterns: ["it's*"],
        });
        expect(dropped).toEqual(["test pattern it's*: it's.t"]);
      });

      test('what one run leaves in the repository is gone before the next, and the probe follows tests that fail', async () => {
        const check = `[ ! -e left ] || exit 9; : > left; echo left >> lib.txt; git -c user.name=a -c user.email=a@a commit -qam left; ${passingCheck}`;
        const { steps } = await run([addLine(1), addLine(1, 'other')], { check, policy: 'union' });
        expect(steps).toEqual({ 1: '0 1..1, ok 1', 2: '1 1..1, not ok 1', '2.probe': '0 ' });
      });

      test('a run that changes the tests ends those that follow', async () => {
        const check = `for tests in ../patches/*.patch; do echo >> $tests; done; ${passingCheck}`;
        const { steps } = await run([addLine(1), addLine(2)], { check });
        expect(steps).toMatchObject({
          1: '0 1..1, ok 1',
          2: expect.stringContaining('70 the tests were tampered with by an earlier test run'),
        });
      });

      test('a run that does not get all of its input is none', async () => {
        const atEnd = 'head -n 3 "$out/state" > "$out/cut"; mv "$out/cut" "$out/state"';
        const { steps } = await run([addLine(1), addLine(2)], { atEnd });
        const message = '70 the tests did not get all of their input';
        expect(steps).toEqual({ 1: message, '1.probe': '0 ', 2: message, '2.probe': '0 ' });
      });

      test('a file of tests gets a canary, whose words are then in no file of the sandbox but the output', async () => {
        const tests = formatNewFilePatch('test_a.py', 'def test_it():\n    pass\n');
        const { canary, state, canaryPatch } = await run([addLine(1), addLine(2)], { tests });
        expect(canary?.tokens).toHaveLength(2);
        expect(canaryPatch).toContain(`feature ${canary?.feature}\nroot `);
        const [first = ''] = canary?.tokens ?? [];
        expect(canaryPatch).toContain(`"${first.slice(0, 10)}", "${first.slice(10)}"`);
        // The end of the canary's file is that of its code.
        expect(canaryPatch).toMatch(/\+def test_it\(\):\n\+ {4}pass\n\+\n/);
        expect(state).toBe('');
      });

      test('the canary of a later job is that of the first with other words, and as little known to the sandbox', async () => {
        const tests = formatNewFilePatch('test_a.py', 'def test_it():\n    pass\n');
        const canaries = new CanaryPatches();
        const dataset = shellTask({ taskJson: { timeout_seconds: 60, network: 'none' } });
        onTestFinished(() => rmSync(dataset, { recursive: true, force: true }));
        const first = await run([addLine(1), addLine(2)], { tests, canaries, dataset });
        const second = await run([addLine(1), addLine(2)], { tests, canaries, dataset });
        const shapeOf = ({ canaryPatch }: typeof first): string =>
          canaryPatch
            .slice(canaryPatch.indexOf('diff --git'))
            .replaceAll(/(?<=["_ ]c?)[a-z]{10}(?!\w)/g, 'word');
        expect(second.canary?.tokens).toHaveLength(2);
        expect(second.canary?.tokens).not.toEqual(first.canary?.tokens);
        expect(shapeOf(second)).toBe(shapeOf(first));
        for (const token of second.canary?.tokens ?? [])
          expect(second.canaryPatch).toContain(`"${token.slice(0, 10)}", "${token.slice(10)}"`);
        expect(second.state).toBe('');
      });
    },
  );
