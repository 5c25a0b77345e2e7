import { Buffer } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TransformStream } from 'node:stream/web';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Evaluation,
  type EvaluationContext,
  type Job,
  type MergePolicy,
  runJobsInSandboxes,
  SandboxError,
  type SandboxProcess,
  type Submission,
} from '@cooperbench/core';
import { findVerdictUnder, impliedVerdict, toSnakeKeys } from '@cooperbench/records';
import { discover } from '@cooperbench/runs';
import {
  addLine,
  evaluationContext,
  formatNewFilePatch,
  hostBackend,
  passingCheck,
  type ShellTask,
  shellTask,
} from '@cooperbench/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { Controls } from './control.ts';
import { SubmissionEvaluator } from './evaluate-submissions.ts';
import { lead, strict, union } from './merge-policies.ts';

const policies: Record<string, MergePolicy> = { union, strict, lead };
const datasets: string[] = [];
afterEach(() => {
  for (const directory of datasets.splice(0)) rmSync(directory, { recursive: true, force: true });
});

interface Case extends ShellTask {
  readonly judged?: Submission['judged'];
  readonly policy?: string;
  /** By patch. Absent means a feature for each, in order. */
  readonly owned?: readonly (readonly number[])[];
  readonly backend?: ReturnType<typeof hostBackend>;
  readonly individual?: Submission['individual'];
  readonly onJob?: (id: string) => void;
  /** How long to wait before a task that is not usable is tried again. If it is absent, it is not. */
  readonly waits?: readonly number[];
  /** Changes the dataset's task. */
  readonly onTask?: (directory: string) => void;
}

async function evaluate(
  patches: readonly (string | Uint8Array)[],
  { judged = 'merge', policy = 'union', owned, individual, onJob, waits = [], onTask, ...more }: Case = {},
): Promise<Evaluation> {
  const { backend = hostBackend(), ...task } = more;
  const dataset = shellTask(task);
  datasets.push(dataset);
  const [only] = discover(dataset).tasks;
  onTask?.(only?.directory ?? '');
  const features = task.features ?? [1, 2];
  const submission: Submission = {
    id: 'any/shell_task/1/f1_f2',
    task: only!,
    setting: 'any',
    judged,
    features,
    untrusted: false,
    individual,
    patches: patches.map((patch, index) => ({
      seat: `agent${index + 1}`,
      features: owned?.[index] ?? (judged === 'single' ? features : [features[index] ?? 0]),
      patch: Buffer.from(patch as string),
    })),
  };
  const runJobs: EvaluationContext['runJobs'] = (jobs) =>
    runJobsInSandboxes(backend, jobs, { concurrency: 2 });
  const [verdict] = await Array.fromAsync(
    new SubmissionEvaluator(new Controls(), waits).evaluate([submission], {
      ...evaluationContext({ policy: { name: policy, ...policies[policy]! } }),
      runJobs: (jobs) => runJobs(noted(jobs, onJob)),
    }),
  );
  expect(backend.open).toBe(0);
  return verdict!.evaluation;
}

async function* noted(
  jobs: Iterable<Job> | AsyncIterable<Job>,
  onJob?: (id: string) => void,
): AsyncGenerator<Job> {
  for await (const job of jobs) {
    onJob?.(job.id);
    yield job;
  }
}

const short = (evaluation: Evaluation): object => ({
  apply: Object.values(evaluation.applyStatus).join(' '),
  merge: evaluation.merge && `${evaluation.merge.status} ${evaluation.merge.strategy}`,
  features: Object.values(evaluation.featuresResults).map((feature) => feature.passed),
  alone: evaluation.individual && Object.values(evaluation.individual).map((seat) => seat.success),
  both: evaluation.bothPassed,
  overall: evaluation.overallSuccess,
  error: evaluation.error,
});

/** `bothPassed` under the policies for which a verdict decides. */
const implied = (evaluation: Evaluation): object =>
  Object.fromEntries(
    Object.entries(policies).flatMap(([name, policy]) => {
      const passed = impliedVerdict(toSnakeKeys(evaluation), policy, 'agent1');
      return passed === undefined ? [] : [[name, passed]];
    }),
  );

/** Completes feature 1, and makes `underAttack` do something. */
const attack = addLine(1) + formatNewFilePatch('attack', 'x\n');

/** Returns a hidden test that does something else where a patch is an attack. The golden patches are none. */
const underAttack = (script: string): string => `if [ -e attack ]; then ${script}; fi; ${passingCheck}`;

/** Adds the same place's line, so that the two always conflict. */
const atTop = (id: number): string => addLine(1, `feature ${id}`);

describe('what a pair of patches is worth', () => {
  test('two that merge and pass', async () => {
    expect(short(await evaluate([addLine(1), addLine(2)]))).toEqual({
      apply: 'applied applied',
      merge: 'clean naive',
      features: [true, true],
      alone: [true, true],
      both: true,
      overall: true,
      error: null,
    });
  });

  test('a conflict under union is resolved by both sides, and says what the policies imply', async () => {
    const evaluation = await evaluate([atTop(1), atTop(2)]);
    expect(short(evaluation)).toMatchObject({ merge: 'conflicts union', both: true, overall: true });
    expect(evaluation.merge?.conflicts).toEqual(['lib.txt']);
    expect(implied(evaluation)).toEqual({ strict: false });
    expect(evaluation.merge?.diff).not.toContain('gitattributes');
  });

  test('a conflict under strict fails the pair', async () => {
    const evaluation = await evaluate([atTop(1), atTop(2)], { policy: 'strict' });
    expect(short(evaluation)).toMatchObject({
      merge: 'conflicts null',
      features: [false, false],
      alone: [true, true],
      both: false,
    });
    expect(implied(evaluation)).toEqual({ strict: false });
    expect(evaluation.merged?.error).toBe('merge conflict in lib.txt');
  });

  test("a conflict under lead is judged by the first seat's patch", async () => {
    expect(short(await evaluate([atTop(1), atTop(2)], { policy: 'lead' }))).toMatchObject({
      merge: 'conflicts lead',
      features: [true, false],
      both: false,
    });
    const wholeText = atTop(1)
      .replace('@@ -1,4 +1,5 @@', '@@ -1,4 +1,6 @@')
      .replace('+feature 1', '+feature 1\n+feature 2');
    expect(short(await evaluate([wholeText, atTop(2)], { policy: 'lead' }))).toMatchObject({
      merge: 'conflicts lead',
      features: [true, true],
      both: true,
    });
  });

  test('what a verdict implies for another policy is what an evaluation under that policy says', async () => {
    const brokenSource = addLine(2).replace(' bottom', ' another file');
    const cases = [
      [addLine(1), addLine(2)],
      [addLine(1), addLine(1, 'feature 2')],
      [addLine(1), brokenSource],
      [brokenSource, addLine(1)],
      ['', addLine(2)],
    ];
    for (const patches of cases) {
      const evaluation = await evaluate(patches);
      const policies = { ...implied(evaluation) };
      const file = { ...toSnakeKeys(evaluation), features: [1, 2], merge_policy: 'union', policies };
      for (const policy of Object.keys(implied(evaluation)).filter((name) => name !== 'union'))
        expect(findVerdictUnder(file, policy)).toMatchObject(
          toSnakeKeys(await evaluate(patches, { policy })),
        );
    }
  });

  test('a submission with the results of seats alone runs one job, and repeats them', async () => {
    const { individual } = await evaluate([atTop(1), atTop(2)], { policy: 'strict' });
    const jobs: string[] = [];
    const evaluation = await evaluate([atTop(1), atTop(2)], {
      individual: individual ?? {},
      onJob: (id) => jobs.push(id),
    });
    expect(jobs).toEqual(['any/shell_task/1/f1_f2']);
    expect(evaluation).toMatchObject({ individual, bothPassed: true, overallSuccess: true });
  });

  test('a patch that does not apply is missing input, under lead only when it is the first', async () => {
    const brokenSource = addLine(1).replace(' top', ' another file');
    const evaluation = await evaluate([brokenSource, addLine(2)]);
    expect(short(evaluation)).toMatchObject({
      apply: 'failed applied',
      merge: 'missing_input null',
      features: [false, false],
      alone: [false, true],
      both: false,
      error: null,
    });
    expect(evaluation.individual?.agent1?.error).toBe('the patch does not apply');
    expect(implied(evaluation)).toEqual({ strict: false, union: false, lead: false });
    expect(short(await evaluate([addLine(1), brokenSource], { policy: 'lead' }))).toMatchObject({
      merge: 'missing_input lead',
      features: [true, false],
    });
    expect(short(await evaluate([brokenSource, addLine(2)], { policy: 'lead' }))).toMatchObject({
      merge: 'missing_input null',
    });
  });

  test('an empty patch is skipped and the rest is tested', async () => {
    const evaluation = await evaluate(['', addLine(2)]);
    expect(short(evaluation)).toMatchObject({
      apply: 'skipped applied',
      merge: 'clean naive',
      features: [false, true],
      alone: [false, true],
      both: false,
    });
    expect(evaluation.individual?.agent1?.error).toBe('the patch is empty');
  });

  test('three seats are merged the last one first', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2), addLine(3)], { features: [1, 2, 3] });
    expect(short(evaluation)).toMatchObject({
      merge: 'clean naive',
      features: [true, true, true],
      both: true,
    });
    const ordered = await evaluate([atTop(1), atTop(2), atTop(3)], { features: [1, 2, 3] });
    const lines = ordered.merge?.diff.split('\n').filter((line) => line.startsWith('+feature'));
    expect(lines).toEqual(['+feature 3', '+feature 1', '+feature 2']);
  });

  test('a single patch for all features has nothing to merge', async () => {
    expect(short(await evaluate([addLine(1)], { judged: 'single' }))).toEqual({
      apply: 'applied',
      merge: null,
      features: [true, false],
      alone: null,
      both: false,
      overall: false,
      error: null,
    });
  });

  test('a seat with several features is tested alone on each of them', async () => {
    const both = addLine(1) + addLine(2).slice(addLine(2).indexOf('@@')).replace('+6,5', '+7,5');
    const owned = [[1, 2], [3], []];
    const features = [1, 2, 3];
    const good = await evaluate([both, addLine(3), ''], { features, owned });
    expect(good.individual).toEqual({
      agent1: {
        featureId: 1,
        features: [1, 2],
        success: true,
        testsPassed: 2,
        testsFailed: 0,
        exitCode: 0,
        error: null,
        testOutput: '1..1\nok 1\n\n1..1\nok 1\n',
        reference: null,
        canary: 'unavailable',
      },
      agent2: expect.objectContaining({ featureId: 3, success: true, testsPassed: 1 }),
    });
    expect(good.overallSuccess).toBe(true);
    const half = await evaluate([addLine(1), addLine(3), ''], { features, owned });
    expect(half.individual?.agent1).toMatchObject({
      success: false,
      testsPassed: 1,
      testsFailed: 1,
      exitCode: 1,
      error: 'feature 2: 1 of 1 tests failed',
    });
  });

  test('a sandbox that cannot be created is an error, not a failure', async () => {
    const backend = hostBackend();
    backend.create = async () => {
      throw new Error('no room left');
    };
    expect(short(await evaluate([addLine(1), addLine(2)], { backend }))).toMatchObject({
      both: false,
      error: 'no room left',
    });
  });

  test('tests that were not run count 0, and have no exit code', async () => {
    const evaluation = await evaluate([atTop(1), atTop(2)], { policy: 'strict' });
    expect(evaluation.featuresResults[1]).toEqual({
      featureId: 1,
      passed: false,
      testsPassed: 0,
      testsFailed: 0,
      exitCode: null,
      testOutput: '',
      reference: null,
    });
    expect(evaluation.merged).toMatchObject({ testsPassed: 0, testsFailed: 0 });
  });
});

describe('patches as agents write them', () => {
  test.for([
    ['wrong line counts', addLine(1).replace('@@ -1,4 +1,5 @@', '@@ -1,9 +1,11 @@'), 'applied'],
    ['context that has moved', addLine(1).replace('@@ -1,4 +1,5 @@', '@@ -3,4 +3,5 @@'), 'applied'],
    ['no final newline', addLine(1).slice(0, -1), 'failed'],
    ['a path outside the repository', formatNewFilePatch('../outside.txt', 'x\n'), 'failed'],
    [
      'a path into .git',
      formatNewFilePatch('.git/hooks/post-checkout', '#!/bin/sh\ntouch /tmp/owned\n'),
      'failed',
    ],
    ['prose', 'Sorry, I could not do it.\n', 'failed'],
    [
      'a symbolic link and a file behind it',
      `${formatNewFilePatch('link', '/tmp').replace('100644', '120000')}${formatNewFilePatch('link/x', 'x\n')}`,
      'failed',
    ],
  ] as const)('%s', async ([, patch, status]) => {
    const evaluation = await evaluate([patch, addLine(2)]);
    expect(evaluation.applyStatus).toEqual({ agent1: status, agent2: 'applied' });
    expect(evaluation.error).toBeNull();
  });

  test('CRLF, binary content, a rename and a mode change survive to the byte', async () => {
    const crlf = 'one\r\ntwo\r\n\r\n';
    const check =
      'echo 1..1; [ "$(cksum < crlf.txt)" = "$(printf "one\\r\\nTWO\\r\\n\\r\\n" | cksum)" ] && [ -x new.sh ] && [ ! -e old.sh ] && [ "$(cksum < b.bin)" = "$(printf "\\000\\001\\377" | cksum)" ] && echo ok 1 || { echo not ok 1; exit 1; }';
    const binary =
      'diff --git a/b.bin b/b.bin\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..494b1410a95b9ef0a980c33411fbf7d564472741\nGIT binary patch\nliteral 3\nKcmZQz{0{&D1OWj6\n\nliteral 0\nHcmV?d00001\n\n';
    const patch = `diff --git a/crlf.txt b/crlf.txt\n--- a/crlf.txt\n+++ b/crlf.txt\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n+TWO\r\n \r\n${binary}diff --git a/old.sh b/new.sh\nold mode 100644\nnew mode 100755\nsimilarity index 100%\nrename from old.sh\nrename to new.sh\n`;
    const evaluation = await evaluate([patch, ''], {
      check,
      files: { 'crlf.txt': crlf, 'old.sh': 'echo\n' },
    });
    expect(evaluation.applyStatus).toEqual({ agent1: 'applied', agent2: 'skipped' });
    expect(evaluation.bothPassed).toBe(true);
  });

  test('50 MB are a patch like any other', async () => {
    const evaluation = await evaluate([
      `${addLine(1)}${formatNewFilePatch('big.txt', `${'x'.repeat(99)}\n`.repeat(500_000))}`,
      addLine(2),
    ]);
    expect(short(evaluation)).toMatchObject({ apply: 'applied applied', both: true });
    // Of the diff, the host keeps both ends.
    expect(evaluation.merge?.diff.length).toBeLessThanOrEqual((16 << 20) + 1);
    expect(evaluation.merge?.diff).toContain('lib.txt');
  });

  test('files of the hidden tests and test files are dropped, by rule, and named', async () => {
    const cheat =
      formatNewFilePatch('check1.sh', 'echo 1..1; echo ok 1\n') + formatNewFilePatch('tests/mine.sh', 'x\n');
    const evaluation = await evaluate([cheat, addLine(2)]);
    expect(evaluation.dropped).toEqual([
      { seat: 'agent1', path: 'check1.sh', rule: 'touched by the hidden tests' },
      { seat: 'agent1', path: 'tests/mine.sh', rule: 'test folder tests' },
    ]);
    expect(evaluation.applyStatus.agent1).toBe('skipped');
  });
});

describe('tests as they run', () => {
  test('exit 0 without a recognised result fails, and says so', async () => {
    const check = underAttack('echo all good; exit 0');
    const evaluation = await evaluate([attack, addLine(2)], { check });
    expect(evaluation.featuresResults[1]).toMatchObject({
      passed: false,
      exitCode: 0,
      testsPassed: null,
      unrecognised: true,
    });
    expect(evaluation.individual?.agent1?.error).toBe(
      'the tests exited 0 without a result that is recognised',
    );
  });

  test('exit 0 without a recognised result, with the golden patch too, is an error: no patch could pass', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { check: 'echo all good' });
    expect(evaluation).toMatchObject({ error: 'task unusable: all good', errorCode: 'TASK_UNUSABLE' });
  });

  test('passed tests with a failing exit fail', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { check: 'echo 1..1; echo ok 1; exit 3' });
    expect(evaluation.featuresResults[1]).toMatchObject({
      passed: false,
      exitCode: 3,
      testsPassed: 1,
      testsFailed: 0,
    });
  });

  test('tests past their limit fail as timed out, with all they started', async () => {
    const evaluation = await evaluate([attack, ''], {
      check: underAttack('sleep 77 & sleep 78'),
      taskJson: { timeout_seconds: 1 },
    });
    expect(evaluation.featuresResults[1]).toMatchObject({ passed: false, timedOut: true });
    expect(evaluation.individual?.agent1).toMatchObject({
      error: 'the tests ran past their time limit',
      timedOut: true,
    });
    expect(processes('sleep 77')).toEqual([]);
  });

  test('what they print is kept head and tail', async () => {
    const evaluation = await evaluate([addLine(1), ''], {
      check: 'echo first; yes filler | head -c 9000000; echo; echo 1..1; echo ok 1',
    });
    const result = evaluation.featuresResults[1]!;
    expect(result).toMatchObject({ passed: true, testsPassed: 1 });
    expect(result.testOutput.length).toBeLessThan(60_000);
    expect(result.testOutput).toMatch(/^first\n[\s\S]*ok 1\n$/);
  });

  test("a patch whose code rewrites the next run's tests is found out", async () => {
    const check =
      'p=$(ls -d "${TMPDIR%/tmp}"/patches); for f in "$p"/tests-*.patch; do tr k q < "$f" > "$p/changed"; mv "$p/changed" "$f"; done; echo 1..1; echo ok 1';
    const evaluation = await evaluate([addLine(1), addLine(2)], { check });
    expect(evaluation.featuresResults[2]).toMatchObject({
      passed: false,
      exitCode: null,
      testOutput: 'the tests were tampered with by an earlier test run',
    });
    expect(evaluation.error).toBeNull();
  });

  test('what git ignores goes when it is new, and stays when the image had it', async () => {
    const check =
      'echo 1..1; [ -e image.o ] && [ ! -e new.o ] || { echo not ok 1; exit 1; }; touch new.o; echo "*" > .gitignore; echo ok 1';
    const files = { '.gitignore': '*.o\n', 'image.o': 'built\n' };
    expect(short(await evaluate([addLine(1), addLine(2)], { check, files }))).toMatchObject({
      features: [true, true],
    });
  });

  test('a change of line ends does not keep the next run from applying the same diff', async () => {
    const attributes = formatNewFilePatch('.gitattributes', 'lib.txt text eol=crlf\n');
    expect(short(await evaluate([attributes + addLine(1), addLine(2)]))).toMatchObject({
      features: [true, true],
      alone: [true, true],
    });
  });

  test('they run in the environment of the image, without what the evaluation sets for git', async () => {
    const check =
      'echo 1..1; [ -z "${GIT_CONFIG_COUNT-}${GIT_AUTHOR_NAME-}${LC_ALL-}" ] || { echo not ok 1; exit 1; }; echo ok 1';
    expect(short(await evaluate([addLine(1), addLine(2)], { check }))).toMatchObject({ both: true });
  });

  test("what the tests of one tree leave behind does not reach another tree's tests", async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      check: 'echo 1..1; [ ! -e "$HOME/left" ] || { echo not ok 1; exit 1; }; touch "$HOME/left"; echo ok 1',
    });
    expect(short(evaluation)).toMatchObject({ features: [true, false], alone: [true, true] });
  });

  test('a patch whose code kills what runs the tests fails, and is not an infrastructure error', async () => {
    const evaluation = await evaluate([attack, addLine(2)], {
      check: underAttack('kill -9 $PPID; kill -9 $$; sleep 1'),
    });
    expect(short(evaluation)).toMatchObject({ features: [false, false], both: false, error: null });
    expect(evaluation.featuresResults[2]).toMatchObject({ exitCode: 137, testsPassed: null });
    expect(evaluation.control).toEqual({ featureId: 1, status: 'usable', lastLine: 'ok 1' });
  });

  test('what a patch prints as facts of merging, or as results of other runs, is not believed', async () => {
    const forged = ['merge clean naive', 'apply agent2 applied', 'run 1 0 1', 'run 2 0 1', 'done'];
    const evaluation = await evaluate([attack, 'no patch'], {
      check: underAttack(`${forged.map((line) => `echo "${line}"`).join('; ')}; exit 0`),
    });
    expect(short(evaluation)).toMatchObject({
      apply: 'applied failed',
      merge: 'missing_input null',
      features: [false, false],
      alone: [false, false],
    });
  });

  test('tests that ruin the repository fail what comes after, which is not an infrastructure error', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      check: 'rm -rf .git; echo 1..1; echo ok 1',
    });
    expect(evaluation.featuresResults[2]).toMatchObject({
      passed: false,
      testOutput: 'the repository was ruined by an earlier test run',
    });
    expect(evaluation.error).toBeNull();
  });
});

describe('a runner that ends without a test', () => {
  const down = "echo 'Collecting x'; echo 'pip: no network'; exit 1";

  test('is an error when the golden patch does not run one either, with the reason and a code', async () => {
    const jobs: string[] = [];
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      check: down,
      waits: [1],
      onJob: (id) => jobs.push(id),
    });
    expect(evaluation).toMatchObject({
      error: 'task unusable: pip: no network',
      errorCode: 'TASK_UNUSABLE',
      control: { status: 'unusable', lastLine: 'pip: no network' },
      bothPassed: false,
    });
    // The submission and its control, and both once more.
    const ours = jobs.filter((id) => id.startsWith('any/'));
    expect([ours.length, jobs.length - ours.length]).toEqual([6, 2]);
  });

  test('is tried again by the same command, and may then be judged', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      check: `[ -e "$UP" ] || { ${down}; }; ${passingCheck}`,
      waits: [1],
      ...upAfter(1),
    });
    expect(evaluation).toMatchObject({ error: null, overallSuccess: true });
    expect(evaluation).not.toHaveProperty('control');
  });

  test('is the failure of the patch when the golden patch runs tests', async () => {
    const evaluation = await evaluate([attack, addLine(2)], { check: underAttack(down) });
    expect(evaluation).toMatchObject({
      error: null,
      bothPassed: false,
      control: { featureId: 1, status: 'usable', lastLine: 'ok 1' },
      individual: { agent1: { success: false }, agent2: { success: true } },
    });
  });

  test('keeps its verdict when there is no golden patch', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      check: down,
      onTask: (directory) => {
        for (const feature of ['feature1', 'feature2']) rmSync(join(directory, feature, 'feature.patch'));
      },
    });
    expect(evaluation).toMatchObject({
      error: null,
      bothPassed: false,
      control: { status: 'unavailable', lastLine: '' },
    });
  });

  /** The tests find a file at `$UP` once this many sandboxes of golden patches have been opened. */
  function upAfter(golden: number): Pick<Case, 'backend' | 'onJob'> {
    const folder = mkdtempSync(join(tmpdir(), 'cooperbench-up-'));
    datasets.push(folder);
    const backend = hostBackend();
    const create = backend.create.bind(backend);
    backend.create = async (spec, options) => {
      const sandbox = await create(spec, options);
      const env = { UP: join(folder, 'up') };
      return { ...sandbox, exec: (argv, how) => sandbox.exec(argv, { ...how, env }) };
    };
    let opened = 0;
    const onJob = (id: string): void => {
      if (id.startsWith('golden/')) opened += 1;
      else if (opened >= golden) writeFileSync(join(folder, 'up'), '');
    };
    return { backend, onJob };
  }
});

/** Does something between a job's program and its first step, which share a process. */
function afterProgram(process: SandboxProcess, act: () => unknown): SandboxProcess {
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    async transform(bytes, controller) {
      if (/^[0-9a-f-]{36} end$/m.test(Buffer.from(bytes).toString())) await act();
      controller.enqueue(bytes);
    },
  });
  return { ...process, stdout: process.stdout.pipeThrough(watch) };
}

describe('a sandbox that is lost while tests run', () => {
  /** Loses this many sandboxes once their patches are merged. Not those of golden patches, unless \`all\`. */
  function losing(count: number, all = false): ReturnType<typeof hostBackend> {
    const backend = hostBackend();
    const create = backend.create.bind(backend);
    let left = count;
    backend.create = async (spec, options) => {
      const sandbox = await create(spec, options);
      if (!all && spec.labels.trial?.startsWith('golden/')) return sandbox;
      const lost = Promise.withResolvers<never>();
      lost.promise.catch(() => {});
      const lose = (): void => {
        if (left === 0) return;
        left -= 1;
        lost.reject(new SandboxError('SANDBOX_LOST', 'The sandbox is gone.'));
      };
      return {
        ...sandbox,
        exec: async (argv, how) => {
          const process = afterProgram(await Promise.race([lost.promise, sandbox.exec(argv, how)]), lose);
          return { ...process, wait: () => Promise.race([lost.promise, process.wait()]) };
        },
      };
    };
    return backend;
  }

  test('is replaced once', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend: losing(1) });
    expect(short(evaluation)).toMatchObject({ overall: true, error: null });
  });

  test('is the doing of its tests when it is lost again', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend: losing(99) });
    expect(short(evaluation)).toMatchObject({ features: [false, false], both: false, error: null });
    expect(evaluation.featuresResults[1]?.testOutput).toBe('the code under test ended the sandbox');
    expect(evaluation.control).toEqual({ featureId: 1, status: 'usable', lastLine: 'ok 1' });
  });

  test('is an error when a sandbox without code of agents is lost, too', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend: losing(99, true) });
    expect(evaluation).toMatchObject({
      bothPassed: false,
      error: 'The machine of the evaluation failed: The sandbox is gone.',
      errorCode: 'MACHINE_UNSOUND',
    });
  });
});

describe('a test run that a signal ends', () => {
  const abort = 'kill -ABRT $$; sleep 1';

  test('is repeated once, alone, and the second counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cooperbench-once-'));
    datasets.push(folder);
    const jobs: string[] = [];
    const evaluation = await evaluate([addLine(1), addLine(2)], {
      // Only one process can make the folder.
      check: `if mkdir ${folder}/first 2> /dev/null; then ${abort}; fi; ${passingCheck}`,
      onJob: (id) => jobs.push(id),
    });
    expect(short(evaluation)).toMatchObject({ overall: true, error: null });
    expect(evaluation).not.toHaveProperty('control');
    // Three trees, and one of them once more.
    expect([jobs.length, new Set(jobs).size]).toEqual([4, 3]);
  });

  test('twice, but not with the golden patch, is a failure that says so', async () => {
    const evaluation = await evaluate([attack, addLine(2)], { check: underAttack(abort) });
    expect(short(evaluation)).toMatchObject({ features: [false, false], alone: [false, true], error: null });
    expect(evaluation.individual?.agent1).toMatchObject({
      killed: 'SIGABRT',
      error: 'SIGABRT ended the test run, in a second sandbox, too',
    });
    expect(evaluation.control).toEqual({ featureId: 1, status: 'usable', lastLine: 'ok 1' });
  });

  test('with the golden patch as well is an error that the next evaluation tries again', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { check: abort });
    expect(evaluation).toMatchObject({
      bothPassed: false,
      error: 'The machine of the evaluation failed: SIGABRT ended the tests.',
      errorCode: 'MACHINE_UNSOUND',
    });
  });
});

describe('submissions of a backend that takes all jobs before it runs one', () => {
  /** `count` submissions of one patch, of a task of their own. */
  function submissionsOf(count: number): Submission[] {
    const dataset = shellTask();
    datasets.push(dataset);
    const [task] = discover(dataset).tasks;
    return Array.from({ length: count }, (_, index): Submission => {
      const patches = [{ seat: 'solo', features: [1, 2], patch: Buffer.from(addLine(1)) }];
      return {
        ...{ id: `${dataset}@${index}`, task: task!, setting: 'any', features: [1, 2], patches },
        judged: 'single',
        untrusted: false,
      };
    });
  }
  const step = (exitCode: number, output = '') => ({
    ...{ exitCode, output: Buffer.from(output), stderr: '', seconds: 1 },
  });

  test('have few results in memory that wait for more', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const results: WeakRef<object>[] = [];
    let most = 0;
    const verdicts = new SubmissionEvaluator(new Controls(), [], 3 << 20).evaluate(submissionsOf(24), {
      ...evaluationContext({ policy: { name: 'union', ...union } }),
      async *runJobs(jobs) {
        for (const { id } of await Array.fromAsync(jobs)) {
          // A runner that a signal ended, and a large diff.
          const outputFiles = new Map([['merged.patch', new Uint8Array(1 << 20)]]);
          const result = { id, markedLines: [], outputFiles, steps: new Map([['1', step(137)]]) };
          results.push(new WeakRef(result));
          yield result;
          await new Promise(setImmediate);
          collectGarbage();
          most = Math.max(most, results.filter((one) => one.deref()).length);
        }
      },
    });
    const matches = await Array.fromAsync(verdicts);
    expect(matches.filter(({ evaluation }) => evaluation.errorCode === 'MACHINE_UNSOUND')).toHaveLength(24);
    // Three in the store, and those at work: a result that arrives, a repetition, its control.
    expect(most).toBeLessThanOrEqual(8);
  });

  test('each have all retries of their task', async () => {
    const requestsByKey = new Map<string, number>();
    const submissions = [...submissionsOf(3), ...submissionsOf(3)];
    const verdicts = new SubmissionEvaluator(new Controls(), [1], 1).evaluate(submissions, {
      ...evaluationContext({ policy: { name: 'union', ...union } }),
      async *runJobs(jobs) {
        for await (const { id, spec } of jobs) {
          const count = (requestsByKey.get(spec.taskDir) ?? 0) + (id.startsWith('golden/') ? 1 : 0);
          requestsByKey.set(spec.taskDir, count);
          // No test of the task runs until its control has run twice.
          const run = count < 2 ? step(1) : step(0, 'TAP version 13\n1..1\nok 1 - works\n');
          const outputFiles = new Map([['merged.patch', new Uint8Array(100)]]);
          yield { id, markedLines: [], outputFiles, steps: new Map([['1', run]]) };
        }
      },
    });
    const codes = (await Array.fromAsync(verdicts)).map(({ evaluation }) => evaluation.errorCode);
    expect(codes).toHaveLength(6);
    expect(codes).not.toContain('TASK_UNUSABLE');
  });
});

describe('a machine on which something has run out', () => {
  /** Returns every `dd` of sandboxes whose trial matches fails like one on a full disk, once the job's files have arrived. */
  function fullFor(isFull: (trial: string) => boolean): ReturnType<typeof hostBackend> {
    const backend = hostBackend();
    const create = backend.create.bind(backend);
    backend.create = async (spec, options) => {
      const sandbox = await create(spec, options);
      if (!isFull(spec.labels.trial ?? '')) return sandbox;
      const fill = async (): Promise<void> => {
        const dd = `#!/bin/sh\necho "dd: error writing 'x': No space left on device" >&2\nexit 1\n`;
        await sandbox.writeFile(join(sandbox.patchesDir, '../bin/dd'), dd);
        await (await sandbox.exec(['chmod', '+x', join(sandbox.patchesDir, '../bin/dd')])).wait();
      };
      return { ...sandbox, exec: async (argv, how) => afterProgram(await sandbox.exec(argv, how), fill) };
    };
    return backend;
  }
  const error = 'The machine of the evaluation failed: no 128 MiB of memory are free.';

  test('when a patch does not apply is an error, and nobody is blamed', async () => {
    const backend = fullFor(() => true);
    expect(await evaluate([addLine(1), 'no patch'], { backend })).toMatchObject({
      error,
      errorCode: 'MACHINE_UNSOUND',
      bothPassed: false,
    });
  });

  /** The programs of this many sandboxes end as on a full disk, before any test. */
  function fullBeforeTests(count: number): ReturnType<typeof hostBackend> {
    const backend = hostBackend();
    const create = backend.create.bind(backend);
    let left = count;
    backend.create = async (spec, options) => {
      const sandbox = await create(spec, options);
      if (left === 0) return sandbox;
      left -= 1;
      const giveUp = ['sh', '-c', 'read -r mark; echo cannot write >&2; exit 70'];
      return { ...sandbox, exec: (_argv, how) => sandbox.exec(giveUp, how) };
    };
    return backend;
  }

  test('before the tests of one tree does not matter if that tree runs again, alone', async () => {
    const jobs: string[] = [];
    const backend = fullBeforeTests(1);
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend, onJob: (id) => jobs.push(id) });
    expect(short(evaluation)).toMatchObject({ overall: true, error: null });
    expect([jobs.length, new Set(jobs).size]).toEqual([4, 3]);
  });

  test('before the tests of each tree, twice, is an error', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend: fullBeforeTests(99) });
    expect(evaluation).toMatchObject({
      bothPassed: false,
      error: 'The evaluation program exited 70: cannot write',
    });
  });

  test('when tests fail is an error, if they also fail on a machine without code of agents', async () => {
    const evaluation = await evaluate([addLine(2), addLine(1)], { backend: fullFor(() => true) });
    expect(evaluation).toMatchObject({ error, errorCode: 'MACHINE_UNSOUND' });
  });

  test('is the doing of the tests, if a machine without code of agents is sound', async () => {
    const backend = fullFor((trial) => !trial.startsWith('golden/'));
    const evaluation = await evaluate([addLine(2), addLine(1)], { backend });
    expect(short(evaluation)).toMatchObject({ alone: [false, false], error: null });
    expect(evaluation.control).toMatchObject({ status: 'usable' });
  });

  test('and so looks as if tests had been tampered with, is no tampering if it does not happen again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cooperbench-once-'));
    datasets.push(folder);
    const tamper =
      'p=$(ls -d "${TMPDIR%/tmp}"/patches); for f in "$p"/tests-*.patch; do tr k q < "$f" > "$p/changed"; mv "$p/changed" "$f"; done';
    // Once, on the merged tree, whose second feature is tested after that.
    const once = `if mkdir ${folder}/first 2> /dev/null; then ${tamper}; fi`;
    const check = `case $(cat lib.txt) in *'feature 1'*'feature 2'*) ${once} ;; esac; ${passingCheck}`;
    const evaluation = await evaluate([addLine(1), addLine(2)], { check });
    expect(short(evaluation)).toMatchObject({ overall: true, error: null });
  });

  test('does not matter to tests that pass', async () => {
    const evaluation = await evaluate([addLine(1), addLine(2)], { backend: fullFor(() => true) });
    expect(short(evaluation)).toMatchObject({ overall: true, error: null });
  });

  test('by the words of a runner is looked at again, and words alone void nothing', async () => {
    const jobs: string[] = [];
    const evaluation = await evaluate([attack, addLine(2)], {
      check: underAttack("echo 1..1; echo 'not ok 1'; echo 'No space left on device'; exit 1"),
      onJob: (id) => jobs.push(id),
    });
    expect(short(evaluation)).toMatchObject({ alone: [false, true], error: null });
    // Three trees, two of them with the attack once more, and a control for each feature.
    expect(jobs).toHaveLength(7);
  });
});

function processes(commandLine: string): string[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.filter((id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === commandLine;
    } catch {
      return false;
    }
  });
}
