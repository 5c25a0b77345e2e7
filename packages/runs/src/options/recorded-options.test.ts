import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failedEvaluation, objectSchema, option, type Plugin } from '@cooperbench/core';
import type { ConfigFile } from '@cooperbench/records';
import { hostBackend, shellTask } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Container, tokens } from '../container.ts';
import { evaluatingContainer } from '../run/evaluated.test.support.ts';
import type { RunOutcome } from '../run/run.ts';
import type { RunOptions } from './options.ts';

let datasetDir: string;
let logsDir: string;
/** The options that the evaluator got, each time it evaluated something. */
let judged: unknown[];
/** The options that the backend `careful` got. */
let careful: unknown[];

const agentSchema = objectSchema({ mood: option.text('How it feels.'), apiKey: option.text('Its key.') });
const evaluatorSchema = objectSchema({
  strict: option.flag('How it judges.'),
  token: option.text('Its key.'),
});

function container(version = '1.0.0'): Container {
  const plugin: Plugin = {
    name: 'test',
    version,
    apiVersion: 1,
    agents: {
      moody: {
        options: agentSchema,
        create: () => ({ run: async () => ({ status: 'Completed' }) }),
      },
    },
    backends: {
      host: { create: () => hostBackend() },
      careful: {
        options: objectSchema({ unisolated: option.flag('As it is.') }),
        create: (givenValue) => {
          careful.push(givenValue);
          return hostBackend();
        },
      },
      closed: { options: objectSchema({}), create: () => hostBackend() },
    },
    evaluators: {
      picky: {
        options: evaluatorSchema,
        create: (givenValue) => ({
          async *evaluate(submissions) {
            for (const submission of submissions) {
              judged.push(givenValue);
              yield { submission, evaluation: { ...failedEvaluation(''), error: null } };
            }
          },
        }),
      },
    },
  };
  return evaluatingContainer([plugin]);
}

const options: RunOptions = {
  runName: 'x',
  setting: 'solo',
  agent: 'moody',
  backend: 'host',
  evaluator: 'picky',
};
const run = (more: RunOptions = {}): Promise<RunOutcome> =>
  container()
    .get(tokens.runs)
    .run({ ...options, datasetDir, logsDir, ...more });
const evaluate = (extra: object = {}, version?: string): Promise<unknown> =>
  container(version)
    .get(tokens.runs)
    .evaluate({ runName: 'x', evaluator: 'picky', datasetDir, logsDir, ...extra });
const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(logsDir, 'x', ...path), 'utf8')) as T;
const refusal = (work: Promise<unknown>): Promise<object> =>
  work.then(
    () => expect.fail('nothing was refused'),
    ({ code, message }) => ({ code, message }),
  );

beforeEach(() => {
  datasetDir = shellTask();
  logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-logs-'));
  judged = [];
  careful = [];
});

afterEach(() => {
  for (const path of [datasetDir, logsDir]) rmSync(path, { recursive: true, force: true });
});

describe('options of agents', () => {
  test('identifies the run, without its secrets', async () => {
    await run({ agentOptions: { moody: { mood: 'good', apiKey: 'k-1' }, other: { x: 1 } } });
    expect(json<ConfigFile>('config.json')).toMatchObject({
      settings: { solo: { identity: { agent_options: { moody: { apiKey: '***', mood: 'good' } } } } },
      options: { agents: { moody: { apiKey: '***', mood: 'good' } } },
    });
    // Another key, and another order, is the same run.
    const { summary } = await run({ agentOptions: { moody: { apiKey: 'k-2', mood: 'good' } } });
    expect(summary.skipped).toBe(1);
    expect(await refusal(run({ agentOptions: { moody: { mood: 'bad', apiKey: 'k-1' } } }))).toEqual({
      code: 'RUN_DIFFERS',
      message: `${join(logsDir, 'x')} has solo results with other options:
  agent_options: was {"moody":{"apiKey":"***","mood":"good"}}, is {"moody":{"apiKey":"***","mood":"bad"}}`,
    });
  });
});

describe('options of evaluators', () => {
  test('reaches it from a run and from an evaluation, and is in eval.json without its secrets', async () => {
    await run({ evaluatorOptions: { picky: { strict: true, token: 't-1' } } });
    expect(judged).toEqual([{ strict: true, token: 't-1' }]);
    expect(json('solo/shell_task/1/f1_f2/eval.json')).toMatchObject({
      evaluator: { name: 'picky', options: { strict: true, token: '***' } },
    });
    await evaluate({ evaluatorOptions: { picky: { strict: false } } });
    expect(judged.slice(1)).toEqual([{ strict: false }]);
  });

  test('is an input of its verdict, and so is its version; a secret is none', async () => {
    await run({ evaluatorOptions: { picky: { strict: true, token: 't-1' } } });
    await evaluate({ evaluatorOptions: { picky: { token: 't-2', strict: true } } });
    expect(judged).toHaveLength(1);
    await evaluate({ evaluatorOptions: { picky: { token: 't-2', strict: true } } }, '1.0.1');
    expect(judged).toHaveLength(2);
  });

  test('is checked before anything runs', async () => {
    const invalid = { evaluatorOptions: { picky: { strikt: true } } };
    expect(await refusal(run(invalid))).toEqual({
      code: 'CONFIG_OPTIONS',
      message: `The options of the evaluator "picky" are not valid:
  unknown key "strikt"; did you mean "strict"?`,
    });
    expect(() => json('config.json')).toThrow('ENOENT');
  });
});

test('--unisolated reaches a backend that has such an option, and no other', async () => {
  await run({ backend: 'careful', unisolated: true, autoEval: false });
  await run({ backend: 'careful', force: true, autoEval: false });
  expect(careful).toEqual([{ unisolated: true }, {}]);
  expect((await run({ backend: 'closed', unisolated: true, force: true })).summary.completed).toBe(1);
});
