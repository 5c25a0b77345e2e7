import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultTimeLimits } from '@cooperbench/core/host';
import tests from '@cooperbench/evaluator-tests';
import type { EvaluationFile, RunEvent } from '@cooperbench/records';
import { createContainer, tokens } from '@cooperbench/runs';
import { addLine, formatNewFilePatch, hostBackend, type ShellTask, shellTask } from '@cooperbench/testing';
import { afterEach, expect, test } from 'vitest';
import { type ValidateDatasetOptions, type ValidatedFeature, validateDataset } from './validate-dataset.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Returns a dataset of one task, and what validates it. `ran` counts test runs. */
function subject({ check, ...task }: ShellTask = {}) {
  // As hidden tests must, fails without the feature, whose line is the tenth.
  const absent = '[ $(wc -l < lib.txt) -gt 9 ] || { echo 1..1; echo not ok 1 absent; exit 1; }';
  const datasetDir = shellTask({ ...task, ...(check !== undefined && { check: `${absent}; ${check}` }) });
  directories.push(datasetDir);
  const backend = hostBackend();
  const events: RunEvent[] = [];
  let runCount = 0;
  const plugin = {
    name: 'test',
    apiVersion: 1,
    backends: {
      host: {
        create: () => ({
          ...backend,
          create: (...callArguments: Parameters<typeof backend.create>) => {
            runCount += 1;
            return backend.create(...callArguments);
          },
        }),
      },
    },
  } as const;
  const container = createContainer([tests(), plugin]);
  const file = (name: string): string => join(datasetDir, 'shell_task/task1', name);
  return {
    datasetDir,
    events,
    runs: container.get(tokens.runs),
    ran: () => runCount,
    file,
    reference: (feature: number) =>
      JSON.parse(readFileSync(file(`feature${feature}/reference.json`), 'utf8')) as Record<string, unknown>,
    validate: (options: Partial<ValidateDatasetOptions> = {}): Promise<readonly ValidatedFeature[]> =>
      validateDataset(container.get(tokens.host), {
        ...{ datasetDir, backend: 'host', concurrency: 1 },
        onEvent: (event) => events.push(event),
        ...options,
      }),
  };
}

/** TAP of these tests. */
const tap = (...names: string[]): string =>
  `echo TAP version 13; ${names.map((name, index) => `echo "ok ${index + 1} ${name}"`).join('; ')}; echo 1..${names.length}`;
const states = (validated: readonly ValidatedFeature[]) =>
  validated.map(({ feature, state, error }) => [feature, state, error]);

test('each feature gets the tests that its golden patch passes, and keeps them until the task changes', async () => {
  const { validate, reference, file, ran, events } = subject({ check: tap('two', 'one', 'two') });
  expect(await validate()).toEqual(
    [1, 2].map((feature) => ({
      ...{ repo: 'shell_task', task_id: 1, feature, state: 'written', count: 3, by_name: true },
      ...{ unstable: [], of_patch: [], pass_without: [], error: null },
    })),
  );
  const { revision, ...written } = reference(1);
  expect(written).toEqual({ schema_version: 1, runner: 'tap', count: 3, tests: ['one', 'two', 'two'] });
  expect(revision).not.toBe(reference(2).revision);
  expect(events.map(({ type }) => type)).toEqual([
    'validation_started',
    'validated',
    'validated',
    'validation_finished',
  ]);

  expect(ran()).toBe(6);
  expect(states(await validate())).toEqual([
    [1, 'current', null],
    [2, 'current', null],
  ]);
  expect(ran()).toBe(6);
  writeFileSync(file('feature2/feature.md'), 'Another task.\n');
  expect(states(await validate())).toEqual([
    [1, 'current', null],
    [2, 'written', null],
  ]);
  expect(states(await validate({ features: [1], force: true }))).toEqual([[1, 'written', null]]);
  expect(ran()).toBe(12);
  await expect(validate({ features: [7] })).rejects.toMatchObject({ code: 'UNKNOWN_FEATURE' });
});

test('a golden patch that does not pass is named, and stops no other', async () => {
  const { validate, file, reference } = subject({ features: [1, 2, 3, 4, 5], check: tap('a') });
  writeFileSync(file('feature2/feature.patch'), addLine(2).replace(' bottom', ' top'));
  rmSync(file('feature3/feature.patch'));
  writeFileSync(
    file('feature4/tests.patch'),
    readFileSync(file('feature4/tests.patch'), 'utf8').replace('echo "ok 1', 'echo "not ok 1'),
  );
  expect(states(await validate({ concurrency: 4 }))).toEqual([
    [1, 'written', null],
    [2, 'failed', 'the golden patch does not apply'],
    [3, 'failed', expect.stringContaining(file('feature3/feature.patch'))],
    [4, 'failed', '1 of 1 tests failed'],
    [5, 'written', null],
  ]);
  expect(() => reference(4)).toThrow('ENOENT');
  expect(reference(5)).toMatchObject({ tests: ['a'] });
});

test('a test name that only one run has is left out, and so is a feature that passes only one run', async () => {
  const seen = mkdtempSync(join(tmpdir(), 'cooperbench-seen-'));
  directories.push(seen);
  const check = `mkdir ${seen}/$1 2> /dev/null && now=first || now=second; if [ $1 = 1 ]; then ${tap('stays', 'is $now')}; else echo 1..1; [ $now = first ] && echo ok 1 x || { echo not ok 1 x; exit 1; }; fi`;
  const { validate, reference } = subject({ check });
  const [validatedFeature, flaky] = await validate();
  expect(validatedFeature).toMatchObject({ state: 'written', count: 2, unstable: ['is first', 'is second'] });
  expect(reference(1)).toMatchObject({ count: 2, tests: ['stays'] });
  expect(flaky).toMatchObject({ state: 'failed', error: '1 of 1 tests failed, in 1 of 2 runs' });
});

test('a test that the golden patch itself defines is left out', async () => {
  const { validate, reference, file } = subject({ check: tap('hidden', 'in_source') });
  const patch = addLine(1, 'fn in_source() {');
  writeFileSync(file('feature1/feature.patch'), patch);
  const [first] = await validate({ features: [1] });
  expect(first).toMatchObject({ state: 'written', of_patch: ['in_source'] });
  expect(reference(1)).toMatchObject({ tests: ['hidden'] });
});

test('hidden tests that pass without the feature are named, and refused where all do or the task does not allow them', async () => {
  const { validate, reference, file } = subject({ features: [1, 2, 3] });
  const write = (feature: number, lines: string): void =>
    writeFileSync(
      file(`feature${feature}/tests.patch`),
      formatNewFilePatch(
        `check${feature}.sh`,
        `check() { case $(cat lib.txt) in *"feature $1"*) ;; *) echo -n 'not ' ;; esac; }\n${lines}`,
      ),
    );
  write(1, 'echo 1..2; echo ok 1 "keeps"; check 1; echo ok 2 "adds"\n');
  write(2, `${tap('one', 'two')}\n`);
  write(3, 'echo "=== 3 passed in 0.01s ==="\n');
  const validated = await validate();
  expect(states(validated)).toEqual([
    [1, 'written', null],
    [2, 'failed', 'its hidden tests pass without the feature: one, two'],
    [3, 'failed', 'its hidden tests pass without the feature: 3 passed'],
  ]);
  expect(validated[0]).toMatchObject({ pass_without: ['keeps'] });
  expect(reference(1)).toMatchObject({ tests: ['adds', 'keeps'] });
  expect(() => reference(2)).toThrow('ENOENT');

  const declare = (...names: string[]) =>
    writeFileSync(file('task.json'), JSON.stringify({ network: 'none', regression_tests: names }));
  declare();
  expect(await validate({ features: [1] })).toMatchObject([
    {
      state: 'failed',
      pass_without: ['keeps'],
      error:
        'hidden tests pass without the feature: keeps; regression_tests of task.json names those that may',
    },
  ]);
  declare('keeps');
  expect(states(await validate({ features: [1] }))).toEqual([[1, 'written', null]]);
});

test('tests without names are counted', async () => {
  const { validate, reference } = subject({ check: 'echo "=== 3 passed in 0.01s ==="' });
  expect(await validate({ features: [2] })).toMatchObject([{ count: 3, by_name: false }]);
  expect(reference(2)).toMatchObject({ count: 3, tests: null, runner: 'pytest' });
});

test('references written before an interrupt stay, and the next command writes the rest', async () => {
  const { validate, events } = subject({ check: tap('a') });
  const interrupt = new AbortController();
  const ending = validate({
    signal: interrupt.signal,
    onEvent: (event) => event.type === 'validated' && interrupt.abort(new Error('stop')),
  });
  await expect(ending).rejects.toThrow('stop');
  expect(states(await validate())).toEqual([
    [1, 'current', null],
    [2, 'written', null],
  ]);
  expect(events[0]).toMatchObject({ features: 1, current: 1 });
});

test('an evaluator whose runGolden hangs does not keep a command that is interrupted', async () => {
  const reached = Promise.withResolvers<void>();
  const hanging = {
    async *evaluate() {},
    runGolden(): AsyncIterable<never> {
      const next = (): Promise<never> => {
        reached.resolve();
        return new Promise(() => {});
      };
      return { [Symbol.asyncIterator]: () => ({ next, return: next }) };
    },
  };
  const datasetDir = shellTask();
  directories.push(datasetDir);
  const plugin = {
    name: 'test',
    apiVersion: 1,
    backends: { host: { create: hostBackend } },
    evaluators: { tests: { create: () => hanging } },
    mergePolicies: { union: { create: () => ({ strategy: 'union' }) } },
  } as const;
  const container = createContainer([plugin]).provide(tokens.limits, () => ({
    ...defaultTimeLimits,
    abort: 10,
  }));
  const interrupt = new AbortController();
  const ending = validateDataset(container.get(tokens.host), {
    ...{ datasetDir, backend: 'host', concurrency: 1, signal: interrupt.signal },
  });
  await Promise.race([reached.promise, ending]);
  interrupt.abort(new Error('stop'));
  await expect(ending).rejects.toThrow('stop');
});

test('a sandbox that cannot be made is an error of that feature', async () => {
  const { validate, file } = subject();
  writeFileSync(file('setup.sh'), 'echo no disk >&2; exit 1\n');
  const [first, second] = await validate();
  expect([first?.state, second?.state]).toEqual(['error', 'error']);
  expect(first?.error).toContain('no disk');
});

test('a new or outdated reference makes eval evaluate again; an outdated one is named once', async () => {
  const { datasetDir, runs, validate, file, events } = subject();
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  directories.push(logsDir);
  const options = { runName: 'x', datasetDir, logsDir, backend: 'host' } as const;
  const summary = (skipped: number, compared: number) => ({
    ...{ passed: 1, skipped, with_reference: compared, without_reference: 1 - compared },
  });
  const { summary: first } = await runs.run({ ...options, agent: 'oracle' });
  expect(first.eval).toMatchObject(summary(0, 0));
  await validate();
  expect(await runs.evaluate(options)).toMatchObject(summary(0, 1));
  expect(await runs.evaluate(options)).toMatchObject(summary(1, 1));
  const verdict = JSON.parse(
    readFileSync(join(logsDir, 'x/coop/shell_task/1/f1_f2/eval.json'), 'utf8'),
  ) as EvaluationFile;
  expect(verdict.feature2).toMatchObject({ passed: true, reference: { count: 1 } });
  expect(verdict.individual?.agent1?.reference).toEqual({ count: 1, by_name: false });

  writeFileSync(file('Dockerfile'), 'FROM another\n');
  const onEvent = (event: RunEvent): void => void events.push(event);
  expect(await runs.evaluate({ ...options, onEvent })).toMatchObject(summary(0, 0));
  const notices = events.flatMap((event) => (event.type === 'notice' ? event.text : []));
  expect(notices).toEqual([
    `Evaluation ignores these references: ${[1, 2].map((id) => `${file(`feature${id}/reference.json`)} (the task or its image changed)`).join(', ')}. Write them again with cooperbench dataset validate.`,
  ]);
  writeFileSync(file('feature1/reference.json'), '{"tests": 1}');
  expect(await runs.evaluate({ ...options, onEvent })).toMatchObject(summary(1, 0));
  expect(events.at(-3)).toMatchObject({
    text: expect.stringContaining('feature1/reference.json (it is broken: '),
  });
});
