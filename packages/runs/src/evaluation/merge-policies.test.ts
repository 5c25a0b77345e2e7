import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Evaluation,
  type Evaluator,
  failedEvaluation,
  type MergePolicy,
  type Plugin,
} from '@cooperbench/core';
import tests from '@cooperbench/evaluator-tests';
import { createTestsEvaluator } from '@cooperbench/evaluator-tests/parts';
import {
  type EvaluationFile,
  type EvaluationSummary,
  findVerdictUnder,
  listRecordedMetrics,
  patchFacts,
} from '@cooperbench/records';
import { addLine, hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { tokens } from '../container.ts';
import type { EvaluateOptions, RunOptions } from '../options/options.ts';
import { evaluatingContainer } from '../run/evaluated.test.support.ts';

let datasetDir: string;
let logsDir: string;
let backend: ReturnType<typeof hostBackend>;
/** The trees that sandboxes were made for since the last look: `merged` or a seat. */
let opened: number;
let plugin: Partial<Plugin>;

const runs = () =>
  evaluatingContainer([
    { name: 'p', version: '1.0.0', apiVersion: 1, backends: { host: { create: () => backend } }, ...plugin },
  ]).get(tokens.runs);

function evaluate(options: Partial<EvaluateOptions> = {}): Promise<EvaluationSummary> {
  opened = 0;
  return runs().evaluate({ runName: 'x', datasetDir, logsDir, ...options });
}

/** Runs the golden patches of both features. */
function run(options: RunOptions = {}): Promise<unknown> {
  const agent = { agent: 'oracle', backend: 'host', runName: 'x' };
  return runs().run({ ...agent, datasetDir, logsDir, ...options });
}

const trial = (): string => join(logsDir, 'x/coop/shell_task/1/f1_f2');
const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const file = (): EvaluationFile => read(join(trial(), 'eval.json'));
const write = (name: string, content: string): void => writeFileSync(join(trial(), name), content);
/** Writes a patch as if the run had. */
const putPatch = (stem: string, patch: string): void => {
  write(`${stem}.patch`, patch);
  const result = JSON.parse(readFileSync(join(trial(), 'result.json'), 'utf8'));
  for (const seat of Object.values<{ file_stem?: string }>(result.agents ?? {}))
    if (seat.file_stem === stem) Object.assign(seat, patchFacts(Buffer.from(patch)));
  write('result.json', JSON.stringify(result));
};
/** Gives both seats patches that conflict. Merged with the union driver, they pass. */
const conflict = (): void => {
  putPatch('agent1', addLine(1));
  putPatch('agent2', addLine(1, 'feature 2'));
};

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-policies-'));
  const host = hostBackend();
  opened = 0;
  plugin = {};
  backend = {
    ...host,
    create: (...args) => {
      opened += 1;
      return host.create(...args);
    },
  };
});

afterEach(() => {
  rmSync(datasetDir, { recursive: true, force: true });
  rmSync(logsDir, { recursive: true, force: true });
});

describe('verdicts of several policies stand side by side', () => {
  test('what a clean merge decides opens no sandbox', async () => {
    await run();
    const before = file();
    expect(before).toMatchObject({
      merge_policy: 'union',
      policies: { union: true, strict: true, lead: true },
    });
    for (const mergePolicy of ['strict', 'lead', 'union']) {
      expect(await evaluate({ mergePolicy })).toMatchObject({
        ...{ merge_policy: mergePolicy, passed: 1, skipped: 1, overall_passed: 1, individual_rate: 1 },
      });
      expect(opened).toBe(0);
    }
    expect(file()).toEqual(before);
  });

  test('a conflict under strict opens none, and under lead tests the merged tree alone', async () => {
    await run({ autoEval: false });
    conflict();
    expect(await evaluate()).toMatchObject({ merge_policy: 'union', passed: 1 });
    expect(opened).toBe(3);
    const first = file();
    expect(first.policies).toEqual({ union: true, strict: false });

    expect(await evaluate({ mergePolicy: 'strict' })).toMatchObject({
      ...{ merge_policy: 'strict', passed: 0, failed: 1, overall_passed: 0, individual_rate: 1 },
    });
    expect(opened).toBe(0);
    expect(file()).toEqual(first);

    expect(await evaluate({ mergePolicy: 'lead' })).toMatchObject({ merge_policy: 'lead', failed: 1 });
    expect(opened).toBe(1);
    const { verdicts, policies, ...top } = file();
    const { verdicts: _, policies: before, ...topBefore } = first;
    expect(top).toEqual(topBefore);
    expect(policies).toEqual({ ...before, lead: false });
    expect(Object.keys(verdicts ?? {})).toEqual(['lead']);
    // Neither what the seats did nor where it ran is said twice.
    expect(Object.keys(verdicts?.lead ?? {}).sort()).toEqual([
      ...['both_passed', 'error', 'evaluated_at', 'features_results', 'inputs_hash', 'merge'],
      ...['merge_policy_hash', 'merged', 'overall_success'],
    ]);
    expect(verdicts?.lead).toMatchObject({
      merge: {
        status: 'conflicts',
        strategy: 'lead',
        policy: 'lead',
        diff: expect.stringContaining('+feature 1'),
      },
      features_results: { 1: { passed: true }, 2: { passed: false } },
      both_passed: false,
    });
    expect(findVerdictUnder(file(), 'lead')?.individual).toEqual(first.individual);
    expect(await evaluate({ mergePolicy: 'lead' })).toMatchObject({ skipped: 1, failed: 1 });
    expect(await evaluate()).toMatchObject({ merge_policy: 'union', passed: 1, skipped: 1 });
  });

  test('--force evaluates the policy that was asked for, and no other', async () => {
    await run({ autoEval: false });
    conflict();
    await evaluate();
    await evaluate({ mergePolicy: 'lead' });
    const before = file();
    await evaluate({ mergePolicy: 'lead', force: true });
    expect(opened).toBe(3);
    expect({ ...file(), verdicts: undefined }).toEqual({ ...before, verdicts: undefined });
    const { verdicts } = file();
    expect(verdicts?.lead?.evaluated_at).not.toBe(before.verdicts?.lead?.evaluated_at);
    await evaluate({ force: true });
    expect(opened).toBe(3);
    expect(file().verdicts).toEqual(verdicts);
    expect(file().evaluated_at > before.evaluated_at).toBe(true);
  });

  test('a changed input makes each of them stale', async () => {
    await run({ autoEval: false });
    conflict();
    await evaluate();
    await evaluate({ mergePolicy: 'lead' });
    putPatch('agent2', addLine(1, 'feature 2 and more'));
    expect(await evaluate({ mergePolicy: 'lead' })).toMatchObject({ skipped: 0, failed: 1 });
    expect(opened).toBe(3);
    const { inputs_hash, verdicts, merge_policy } = file();
    expect(merge_policy).toBe('union');
    expect(inputs_hash).not.toBe(verdicts?.lead?.inputs_hash);
    expect(await evaluate()).toMatchObject({ merge_policy: 'union', skipped: 0, passed: 1 });
    expect(opened).toBe(1);
    expect(file().inputs_hash).toBe(verdicts?.lead?.inputs_hash);
  });

  test('an error is tried again, and stays where it is', async () => {
    await run({ autoEval: false });
    conflict();
    await evaluate({ mergePolicy: 'strict' });
    const { create } = backend;
    backend.create = () => Promise.reject(new Error('no room'));
    expect(await evaluate({ mergePolicy: 'union' })).toMatchObject({ errors: 1, merge_policy: 'union' });
    expect(await evaluate({ mergePolicy: 'strict' })).toMatchObject({ errors: 0, failed: 1, skipped: 1 });
    backend.create = create;
    expect(await evaluate({ mergePolicy: 'union' })).toMatchObject({ errors: 0, passed: 1 });
    expect(file()).toMatchObject({ merge_policy: 'strict', policies: { union: true, strict: false } });
  });

  test("a plugin's policy is known by what it does, and evaluated again when that changes", async () => {
    await run({ autoEval: false });
    conflict();
    await evaluate();
    let policy: MergePolicy = { strategy: 'mine' };
    plugin = {
      mergePolicies: { mine: { create: () => policy }, broken: { create: () => expect.fail('no') } },
    };
    expect(await evaluate({ mergePolicy: 'mine' })).toMatchObject({ failed: 1, merge_policy: 'mine' });
    expect(opened).toBe(0);
    expect(file().policies).toEqual({ union: true, strict: false, mine: false });
    policy = { strategy: 'mine', fallback: 'first' };
    await evaluate({ mergePolicy: 'mine' });
    expect(opened).toBe(1);
    expect(file().verdicts?.mine).toMatchObject({ merge: { strategy: 'mine' } });
    await evaluate({ mergePolicy: 'mine' });
    expect(opened).toBe(0);
    policy = { strategy: 'mine' };
    await evaluate({ mergePolicy: 'mine' });
    expect(opened).toBe(0);
    expect(file().verdicts).toBeUndefined();
  });

  test('the run records its policy, and evaluates and summarises under it', async () => {
    await run({ autoEval: false, mergePolicy: 'strict' });
    conflict();
    await run();
    expect(file()).toMatchObject({ merge_policy: 'strict', merge: { policy: 'strict' } });
    expect(read(join(logsDir, 'x/config.json'))).toMatchObject({ merge_policy: 'strict' });
    expect(read(join(logsDir, 'x/summary.json'))).toMatchObject({
      pass_rate: 0,
      eval: { merge_policy: 'strict', failed: 1 },
    });
    expect(await evaluate()).toMatchObject({ merge_policy: 'strict', failed: 1, skipped: 1 });
    await evaluate({ mergePolicy: 'union' });
    expect(read(join(logsDir, 'x/eval_summary.json'))).toMatchObject({ merge_policy: 'union', passed: 1 });
    expect(file().merge_policy).toBe('strict');
  });

  test('the metrics of one verdict are not those of another', async () => {
    await run({ autoEval: false });
    conflict();
    await evaluate();
    const stored = { ...file(), metrics: { tone: 0.9 }, metric_definitions: { tone: {} } };
    write('eval.json', JSON.stringify(stored));
    await evaluate({ mergePolicy: 'lead' });
    expect(findVerdictUnder(file(), 'union')?.metrics).toEqual({ tone: 0.9 });
    expect(file().verdicts?.lead).toBeDefined();
    expect(listRecordedMetrics(undefined, findVerdictUnder(file(), 'lead'))).toEqual([]);
    expect(findVerdictUnder(file(), 'strict')).toMatchObject({ merge_policy: 'strict', both_passed: false });
    expect(listRecordedMetrics(undefined, findVerdictUnder(file(), 'strict'))).toEqual([]);
  });

  test('no policy plays a part in one patch for all features', async () => {
    await run({ setting: 'solo' });
    const path = join(logsDir, 'x/solo/shell_task/1/f1_f2/eval.json');
    const before = read(path);
    expect(before).toMatchObject({ merge_policy: null, merge_policy_hash: null, policies: {} });
    const named: unknown[] = [];
    const onEvent: EvaluateOptions['onEvent'] = (event) => {
      if (event.type === 'evaluation_started') named.push(event.policy);
    };
    expect(await evaluate({ mergePolicy: 'strict', onEvent })).toMatchObject({ passed: 1, skipped: 1 });
    expect(opened).toBe(0);
    expect(read(path)).toEqual(before);
    expect(named).toEqual([null]);
  });
});

describe('a verdict of the Python original', () => {
  const foreign = {
    ...{ setting: 'coop', apply_status: { agent1: 'applied', agent2: 'applied' }, error: null },
    merge: { status: 'conflicts', strategy: 'union', diff: '' },
    ...{ feature1: { passed: true }, feature2: { passed: true }, both_passed: true },
  };

  test('stays, and has those under other policies beside it', async () => {
    await run({ autoEval: false });
    conflict();
    write('eval.json', JSON.stringify(foreign));
    expect(await evaluate()).toMatchObject({ merge_policy: 'union', passed: 1, skipped: 1 });
    expect(file()).toEqual(foreign);
    expect(await evaluate({ mergePolicy: 'strict' })).toMatchObject({ failed: 1, skipped: 1 });
    expect(opened).toBe(0);
    expect(await evaluate({ mergePolicy: 'lead' })).toMatchObject({ merge_policy: 'lead', failed: 1 });
    expect(opened).toBe(3);
    expect(file()).toMatchObject({ ...foreign, policies: { union: true, strict: false, lead: false } });
    expect(file().verdicts).toMatchObject({ lead: { individual: { agent1: { success: true } } } });
  });

  test('counts under its own policy, unless the user names another', async () => {
    await run({ autoEval: false });
    conflict();
    write('eval.json', JSON.stringify({ ...foreign, merge: { ...foreign.merge, strategy: 'lead' } }));
    expect(await evaluate()).toMatchObject({ merge_policy: 'lead', passed: 1, skipped: 1 });
    expect(await evaluate({ mergePolicy: 'union' })).toMatchObject({ merge_policy: 'union', skipped: 0 });
    expect(file()).toMatchObject({ merge: { strategy: 'lead' }, verdicts: { union: { both_passed: true } } });
  });
});

describe('a verdict is stale when its evaluator says so', () => {
  let fingerprint: Evaluator['fingerprint'];
  let calls: number;
  beforeEach(() => {
    calls = 0;
    fingerprint = undefined;
  });
  const evaluation: Evaluation = {
    ...failedEvaluation(''),
    error: null,
    bothPassed: true,
    overallSuccess: true,
  };
  const evaluateMine = (options: Partial<EvaluateOptions> = {}, version = '1.0.0') => {
    calls = 0;
    const evaluator: Evaluator = {
      ...(fingerprint && { fingerprint }),
      async *evaluate(submissions) {
        calls += submissions.length;
        for (const submission of submissions) yield { submission, evaluation: evaluation };
      },
    };
    plugin = { version, evaluators: { mine: { create: () => evaluator } } };
    return evaluate({ evaluator: 'mine', ...options });
  };

  test('by default, when its plugin or its options change', async () => {
    await run({ autoEval: false });
    for (const [options, version, expected] of [
      [{}, '1.0.0', 1],
      [{}, '1.0.0', 0],
      [{}, '1.0.1', 1],
      [{ evaluatorOptions: { mine: { a: 1 } } }, '1.0.1', 1],
      [{ evaluatorOptions: { mine: { a: 1 } } }, '1.0.1', 0],
    ] as const) {
      await evaluateMine(options, version);
      expect(calls).toBe(expected);
    }
  });

  test('otherwise, when its fingerprint changes, and for nothing else', async () => {
    await run({ autoEval: false });
    fingerprint = () => 'a';
    for (const [own, version, expected] of [
      ['a', '1.0.0', 1],
      ['a', '2.0.0', 0],
      ['b', '2.0.0', 1],
      ['b', '2.0.0', 0],
    ] as const) {
      fingerprint = async () => own;
      await evaluateMine({}, version);
      expect(calls).toBe(expected);
    }
  });

  test('an evaluation has its evaluator and the lock of the run to its end', async () => {
    await run({ autoEval: false });
    const told: string[] = [];
    const evaluator: Evaluator = {
      async *evaluate([submission]) {
        const other = await evaluate().catch(({ code }) => code);
        told.push(`evaluated, the other: ${other}`);
        if (submission) yield { submission, evaluation: evaluation };
      },
      [Symbol.asyncDispose]: async () => void told.push('disposed'),
    };
    plugin = { evaluators: { mine: { create: () => evaluator } } };
    await evaluate({ evaluator: 'mine' });
    expect(told).toEqual(['evaluated, the other: RUN_LOCKED', 'disposed']);
  });

  test('eval uses the evaluator and the options that the run recorded, unless the user names others', async () => {
    const givenValue: unknown[] = [];
    const evaluator: Evaluator = {
      async *evaluate(submissions) {
        for (const submission of submissions) yield { submission, evaluation: evaluation };
      },
    };
    const create = (options: unknown): Evaluator => {
      givenValue.push(options);
      return evaluator;
    };
    plugin = { evaluators: { mine: { create } } };
    await run({ evaluator: 'mine', evaluatorOptions: { mine: { strict: true } } });
    await evaluate();
    expect(file().evaluator).toEqual({ name: 'mine', options: { strict: true } });
    await evaluate({ evaluatorOptions: { mine: { strict: false } } });
    await evaluate({ evaluator: 'tests' });
    expect(file().evaluator.name).toBe('tests');
    expect(givenValue).toEqual([{ strict: true }, { strict: true }, { strict: false }]);
    await run({ evaluatorOptions: { mine: { apiKey: 'hunter2-hunter2' } }, force: true });
    await evaluate();
    expect(givenValue.slice(3)).toEqual([{ apiKey: 'hunter2-hunter2' }, {}]);
  });

  test('what another evaluator changes concerns only its own verdicts', async () => {
    await run({ autoEval: false });
    await evaluateMine();
    const definition = tests().evaluators?.tests ?? expect.fail('there is no evaluator');
    let program = 'a program';
    const own = vi.spyOn(definition, 'create');
    onTestFinished(() => own.mockRestore());
    own.mockImplementation(() => ({ ...createTestsEvaluator(), fingerprint: () => program }));
    await evaluateMine();
    expect(calls).toBe(0);
    await evaluate();
    await evaluate();
    expect(opened).toBe(0);
    program = 'another program';
    await evaluate();
    expect(opened).toBe(3);
  });

  test('one that is no text, or fails, is the fault of the plugin', async () => {
    await run({ autoEval: false });
    const start = 'The evaluator "mine" of plugin p failed in fingerprint:';
    fingerprint = () => 5 as never;
    await expect(evaluateMine()).rejects.toThrow(`${start} found number, expected a string`);
    fingerprint = () => Promise.reject(new Error('boom'));
    await expect(evaluateMine()).rejects.toThrow(`${start} boom`);
  });
});
