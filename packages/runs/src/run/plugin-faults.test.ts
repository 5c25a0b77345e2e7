// This file has more than 250 lines, because it is one list of independent cases that share a setup.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Agent,
  type AgentContext,
  type AgentDefinition,
  type AgentResult,
  ConfigError,
  CooperBenchError,
  type Evaluator,
  failedEvaluation,
  objectSchema,
  option,
  type Plugin,
  type Submission,
  TrialMailboxes,
  type Verdict,
} from '@cooperbench/core';
import { type EvaluationFile, type ResultFile, type RunEvent, toSnakeKeys } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tokens } from '../container.ts';
import type { RunOptions } from '../options/options.ts';
import { evaluatingContainer } from './evaluated.test.support.ts';
import type { RunOutcome } from './run.ts';

let datasetDir: string;
let logsDir: string;
let events: RunEvent[];

const does: Agent = { run: async () => ({ status: 'Completed' }) };
function boom(): unknown {
  throw new Error('boom');
}
const hint = 'Report it to the author of the plugin. Set DEBUG=1 to see where it happens.';

function container(extra: Record<string, unknown>) {
  const plugin = { name: 'p', apiVersion: 1, agents: { a: { create: () => does } }, ...extra } as Plugin;
  const host: Plugin = { name: 'h', apiVersion: 1, backends: { host: { create: () => hostBackend() } } };
  return evaluatingContainer([plugin, host]);
}

const run = (extra: Record<string, unknown>, options: RunOptions = {}): Promise<RunOutcome> =>
  container(extra)
    .get(tokens.runs)
    .run({
      ...{ runName: 'x', agent: 'a', backend: 'host', autoEval: false, datasetDir, logsDir },
      onEvent: (event) => events.push(event),
      ...options,
    });

const refusal = (work: Promise<unknown>): Promise<object> =>
  work.then(
    () => expect.fail('nothing was refused'),
    (error: CooperBenchError) => {
      if (!CooperBenchError.is(error)) throw error;
      const { name, code, message, hint } = error;
      return { name, code, message, hint };
    },
  );
const fault = (message: string, name = 'PluginError'): object => ({
  name,
  code: 'PLUGIN_FAULT',
  message,
  hint,
});
const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(logsDir, 'x', ...path), 'utf8')) as T;
const result = (): ResultFile => json('coop/shell_task/1/f1_f2/result.json');

beforeEach(() => {
  datasetDir = shellTask({ features: [1, 2, 3] });
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  events = [];
});

afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

describe('what a plugin cannot make is its fault, before anything runs', () => {
  const kinds = [
    ['agent', 'agents', 'run', { agent: 'z' }],
    ['backend', 'backends', 'create', { backend: 'z' }],
    ['bus', 'buses', 'open', { bus: 'z' }],
    ['evaluator', 'evaluators', 'evaluate', { evaluator: 'z', autoEval: true }],
  ] as const;
  const policy = ['merge policy', 'mergePolicies', 'strategy', { mergePolicy: 'z', autoEval: true }] as const;

  test.for([...kinds, policy])('the %s', async ([kind, key, part, options]) => {
    const made = (create: () => unknown): Promise<object> =>
      refusal(
        run(
          { agents: { a: { create: () => does } }, [key]: { z: { create }, a: { create: () => does } } },
          options,
        ),
      );
    const start = `The ${kind} "z" of plugin p could not be created: `;
    expect(await made(boom)).toEqual(fault(`${start}boom`));
    expect(await made(() => Promise.reject(new Error('later')))).toEqual(fault(`${start}later`));
    expect(await made(() => undefined)).toEqual(
      fault(`${start}create() returned undefined; expected an object.`),
    );
    const subject = kind === 'merge policy' ? 'string' : 'function';
    expect(await made(() => ({}))).toEqual(
      fault(`${start}create() returned an object without the ${subject} "${part}".`),
    );
    expect(() => json('config.json')).toThrow('ENOENT');
  });

  test.for([
    ['agent', { agents: { a: { create: () => ({ ...does, preflight: boom }) } } }],
    ['backend', { backends: { a: { create: () => ({ create: boom, preflight: boom }) } } }],
    ['bus', { buses: { a: { create: () => ({ open: boom, preflight: boom }) } } }],
    ['evaluator', { evaluators: { a: { create: () => ({ evaluate: boom, preflight: boom }) } } }],
  ] as const)('the preflight of the %s', async ([kind, extra]) => {
    const work = run(extra, { autoEval: true, [kind]: 'a', agent: kind === 'agent' ? 'a' : 'nop' });
    expect(await refusal(work)).toEqual(fault(`The ${kind} "a" of plugin p failed in preflight: boom`));
    expect(() => json('config.json')).toThrow('ENOENT');
  });

  test('what it throws on purpose stays as it is, and the cause is kept', async () => {
    const error = new ConfigError('MINE', 'No framework.', { hint: 'Install it.' });
    await expect(run({ agents: { a: { create: () => Promise.reject(error) } } })).rejects.toBe(error);
    await expect(run({ agents: { a: { create: boom } } })).rejects.toMatchObject({
      cause: new Error('boom'),
    });
  });

  test('options that do not fit are named with whose they are', async () => {
    const options = objectSchema({ mood: option.text('How it feels.') });
    const talker: AgentDefinition = { options, create: () => does };
    expect(
      await refusal(run({ agents: { talker } }, { agent: 'talker', agentOptions: { talker: { moood: 1 } } })),
    ).toEqual({
      name: 'ConfigError',
      code: 'CONFIG_OPTIONS',
      message:
        'The options of the agent "talker" are not valid:\n  unknown key "moood"; did you mean "mood"?',
      hint: 'Correct the options in the configuration or on the command line.',
    });
  });
});

describe('a bus that fails loses its trials to infrastructure', () => {
  test.for<readonly [string, () => unknown, string]>([
    ['throws', boom, 'boom'],
    ['gives nothing', async () => undefined, 'open() returned undefined; expected an object.'],
    [
      'gives half a mailbox',
      async () => ({ send: boom }),
      'open() returned an object without the function "drain".',
    ],
    [
      'gives one that cannot be closed',
      async () => ({ send: boom, drain: boom, receive: boom, giveBack: boom }),
      'open() returned an object without the function [Symbol.asyncDispose].',
    ],
  ])('one that %s', async ([, open, reason]) => {
    const { summary, stopped } = await run(
      {
        agents: { a: { create: () => ({ run: () => expect.fail('it was started') }) } },
        buses: { b: { create: () => ({ open }) } },
      },
      { bus: 'b', features: [1, 2] },
    );
    expect(stopped).toBeUndefined();
    expect(summary).toMatchObject({ total_tasks: 1, failed: 1 });
    const error = `The bus "b" of plugin p could not open a mailbox: ${reason}`;
    expect(result().agents).toMatchObject({
      agent1: { status: 'Error', error },
      agent2: { status: 'Error', error },
    });
  });
});

test('a bus that fails during a trial loses its seats to infrastructure, whatever their agents say', async () => {
  const mailboxes = new TrialMailboxes();
  const finish = async (): Promise<AgentResult> => {
    mailboxes.fail(new Error('The broker is gone.'));
    return { status: 'Completed' };
  };
  const { summary } = await run(
    {
      agents: { a: { create: () => ({ run: finish }) } },
      buses: {
        b: { create: () => ({ open: async (_trial: string, seat: string) => mailboxes.open(seat) }) },
      },
    },
    { bus: 'b', features: [1, 2] },
  );
  expect(summary).toMatchObject({ total_tasks: 1, failed: 1 });
  const error = 'The bus "b" of plugin p failed in drain: The broker is gone.';
  expect(result().agents).toMatchObject({
    agent1: { status: 'Error', error, error_code: 'PLUGIN_FAULT' },
    agent2: { status: 'Error', error, error_code: 'PLUGIN_FAULT' },
  });
});

describe('what an agent gives back is checked', () => {
  const withResult = async (givenValue: unknown): Promise<unknown> => {
    await run(
      { agents: { a: { create: () => ({ run: async () => givenValue }) } } },
      { features: [1, 2], force: true },
    );
    const { status, error } = result().agents?.agent1 ?? {};
    return [status, error];
  };
  const start = 'The agent breaks its contract: ';

  test.for<readonly [unknown, string]>([
    [undefined, 'its result is undefined, and must be an object with "status".'],
    [{}, 'the status of its result is missing, and must be "Completed" or "LimitsExceeded".'],
    [{ status: 'Done' }, 'the status of its result is "Done", and must be "Completed" or "LimitsExceeded".'],
    [
      { status: 'Timeout' },
      'the status of its result is "Timeout", and must be "Completed" or "LimitsExceeded".',
    ],
    [
      { status: 'Completed', patch: 'diff' },
      'the patch of its result is "diff", and must be a Uint8Array or absent.',
    ],
  ])('%j', async ([givenValue, reason]) => {
    expect(await withResult(givenValue)).toEqual(['Error', `${start}${reason}`]);
  });

  test('and what it may give back is kept', async () => {
    const givenValue = { status: 'LimitsExceeded', patch: Buffer.from('') };
    expect(await withResult(givenValue)).toEqual(['LimitsExceeded', null]);
  });

  test('core drops an event of an unknown type, and says so once per trial', async () => {
    const chatty = async (_: string, { record }: AgentContext): Promise<object> => {
      for (const type of ['thought', 'step', 'thought']) record({ type } as never);
      return { status: 'Completed' };
    };
    await run({ agents: { a: { create: () => ({ run: chatty }) } } }, { features: [1, 2] });
    expect(events.flatMap((event) => (event.type === 'notice' ? [event.text] : []))).toEqual([
      'coop/shell_task/1/f1_f2: agent a: dropped an event of the unknown type "thought". Known types: step, usage, message, raw, log, notice.',
    ]);
    expect(result().agents?.agent1).toMatchObject({ status: 'Completed', steps: 1 });
  });
});

describe('what an evaluator yields is checked', () => {
  const right = (submission: Submission): Verdict => ({
    submission,
    evaluation: { ...failedEvaluation(''), error: null, bothPassed: true },
  });
  const options = { evaluator: 'e', autoEval: true, setting: 'solo', concurrency: 1, evalConcurrency: 1 };
  const judged = (evaluate: unknown): Promise<RunOutcome> =>
    run({ evaluators: { e: { create: () => ({ evaluate }) } } }, options);
  const verdicts = (give: (all: readonly Submission[]) => readonly unknown[]) =>
    async function* (all: readonly Submission[]): AsyncGenerator<unknown> {
      yield* give(all);
    };
  const failed = (reason: string): object =>
    fault(`The evaluator "e" of plugin p failed: ${reason}`, 'CooperBenchError');
  const first = 'solo/shell_task/1/f1_f2';

  test.for<readonly [string, unknown, string]>([
    [
      'throws midway',
      async function* ([submission]: Submission[]) {
        yield right(submission as Submission);
        boom();
      },
      'boom',
    ],
    ['throws at once', boom, 'boom'],
    [
      'is not iterable',
      async () => [],
      'what evaluate returns is not an AsyncIterable, as of async *evaluate().',
    ],
    ['yields nothing', verdicts(() => [undefined]), 'one of its verdicts has no submission.'],
    ['yields no submission', verdicts(() => [{}]), 'one of its verdicts has no submission.'],
    [
      'yields half a verdict',
      verdicts(([submission]) => [
        { submission: submission, evaluation: { ...failedEvaluation(''), error: 1, merged: undefined } },
      ]),
      `its verdict on ${first} lacks merged, error.`,
    ],
    [
      'yields a verdict without an evaluation',
      verdicts(([submission]) => [{ submission: submission }]),
      `its verdict on ${first} lacks ${Object.keys(failedEvaluation('')).join(', ')}.`,
    ],
    [
      'judges what it was not asked',
      verdicts(([submission]) => [right({ ...(submission as Submission), id: 'solo/other/1/f1_f2' })]),
      'it gave a verdict on solo/other/1/f1_f2, which it was not asked for.',
    ],
    [
      'judges twice',
      verdicts(([submission]) =>
        [submission, submission].map((submission) => right(submission as Submission)),
      ),
      `it gave two verdicts on ${first}.`,
    ],
  ])('one that %s', async ([, evaluate, reason]) => {
    expect(await refusal(judged(evaluate))).toEqual(failed(reason));
    expect(json('summary.json')).toMatchObject({ total_tasks: 3 });
  });

  test('one that leaves submissions out: they are errors, and tried again', async () => {
    const { summary } = await judged(verdicts(([submission]) => [right(submission as Submission)]));
    expect(summary.eval).toMatchObject({ passed: 1, failed: 0, errors: 2 });
    expect(json<EvaluationFile>('solo/shell_task/1/f2_f3/eval.json')).toMatchObject({
      ...toSnakeKeys(failedEvaluation('the evaluator gave no verdict')),
      inputs_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      evaluator: { name: 'e', options: {} },
    });
    const all: Evaluator = { evaluate: verdicts((them) => them.map(right)) as Evaluator['evaluate'] };
    const evaluationSummary = await container({ evaluators: { e: { create: () => all } } })
      .get(tokens.runs)
      .evaluate({
        ...{ runName: 'x', evaluator: 'e', datasetDir, logsDir },
      });
    expect(evaluationSummary).toMatchObject({ passed: 3, errors: 0, skipped: 1 });
  });
});

test('a command that ended before its first result does not bind the next', async () => {
  const work = run({ agents: { a: { create: () => does } } }, { concurrency: 1 });
  await work;
  rmSync(join(logsDir, 'x/coop'), { recursive: true });
  await run({}, { maxSteps: 5, features: [1, 2] });
  expect(json('config.json')).toMatchObject({ settings: { coop: { identity: { max_steps: 5 } } } });
  expect(await refusal(run({}, { maxSteps: 6 }))).toMatchObject({
    code: 'RUN_DIFFERS',
    message: `${join(logsDir, 'x')} has coop results with other options:\n  max_steps: was 5, is 6`,
  });
});
