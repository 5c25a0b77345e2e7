import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import { findRefusal, hostBackend, shellTask } from '@cooperbench/testing';
import { describe, expect, test, vi } from 'vitest';
import {
  type EvaluateOptions,
  evaluate,
  type LoadConfigOptions,
  loadConfig,
  type RunEvent,
  type RunOptions,
  type RunReporter,
  run,
} from './index.ts';
import { readEvaluateOptions, readRunOptions } from './library/read-options.ts';

const logDir = mkdtempSync(join(tmpdir(), 'cooperbench-library-'));
const options = {
  name: 'own',
  agent: 'nop',
  backend: 'host',
  datasetDir: shellTask(),
  logDir,
  autoEval: false,
  plugins: [{ name: 'host', apiVersion: 1 as const, backends: { host: { create: hostBackend } } }],
};

function recording(): RunReporter & { readonly types: RunEvent['type'][]; closed: number } {
  const types: RunEvent['type'][] = [];
  return {
    types,
    closed: 0,
    onEvent: ({ type }) => void types.push(type),
    close() {
      this.closed += 1;
    },
  };
}

describe('an option that a function does not have', () => {
  const wrong = (callArguments: object) =>
    findRefusal(() => run({ ...options, ...callArguments } as RunOptions));
  const hint = 'docs/reference/config.md lists all options.';

  test.for<[string, string]>([
    ['modle', 'model'],
    ['max_cost', 'maxCost'],
    ['maxCostUsd', 'maxCost'],
    ['timeoutMs', 'timeout'],
    ['model_name', 'model'],
    ['log-dir', 'logDir'],
    ['logs_dir', 'logDir'],
    ['agents', 'agentOptions'],
    ['onevent', 'onEvent'],
  ])('"%s" is refused with the nearest one', async ([name, key]) => {
    expect(await wrong({ [name]: undefined })).toEqual({
      code: 'OPTION_INVALID',
      message: `run: ${name}: unknown key "${name}"; did you mean "${key}"?`,
      hint,
    });
  });

  test('is refused by every function', async () => {
    const none = { code: 'OPTION_INVALID', hint };
    expect(await findRefusal(() => evaluate({ name: 'own', modle: 'm' } as EvaluateOptions))).toEqual({
      ...none,
      message: 'evaluate: modle: unknown key "modle"',
    });
    expect(await findRefusal(() => evaluate({ name: 'own', agent: 'nop' } as EvaluateOptions))).toEqual({
      ...none,
      message: 'evaluate: agent: evaluate does not have this setting',
    });
    const evaluateOptions = { name: 'own', agent: undefined } as EvaluateOptions;
    expect(readEvaluateOptions(evaluateOptions)).toMatchObject({ runName: 'own' });
    expect(await findRefusal(() => run({ failUnder: 5 } as RunOptions))).toEqual({
      ...none,
      message: 'run: failUnder: run does not have this setting',
    });
    expect(await findRefusal(() => loadConfig({ profil: 'p' } as LoadConfigOptions))).toEqual({
      ...none,
      message: 'loadConfig: profil: unknown key "profil"; did you mean "profile"?',
    });
    expect(await findRefusal(() => evaluate({} as EvaluateOptions))).toEqual({
      ...none,
      message: 'evaluate: the key "name" is missing',
    });
    expect(await findRefusal(() => run('own' as never))).toEqual({
      ...none,
      message: 'run: found "own", expected an object',
    });
  });

  test('is refused before anything is made', async () => {
    const create = vi.fn();
    const plugins = [{ name: 'host', apiVersion: 1 as const, backends: { host: { create } } }];
    await wrong({ modle: 'm', plugins });
    expect(create).not.toHaveBeenCalled();
  });
});

test('each value that a configuration file could not have is refused by the name that was given', async () => {
  const givenValue = {
    ...{ runName: 7, maxSteps: '7', concurrency: 1001, maxCost: -1, gitEnabled: 'yes', timeout: 30 },
    ...{ features: [1], seats: { agent1: { modle: 'm' } }, backendOptions: { docker: 1 }, force: 1 },
    ...{
      signal: {},
      onEvent: 'x',
      reporter: {},
      plugins: [() => ({}), { name: 'p', apiVersion: 1, agnets: {} }],
    },
  };
  const { name, plugins, ...others } = options;
  expect(await findRefusal(() => run({ ...others, ...givenValue } as never))).toEqual({
    code: 'OPTION_INVALID',
    message: [
      'The options of run are not valid:',
      'runName: found 7, expected a string',
      'features: found [1], expected at least 2 items',
      'concurrency: found 1001, expected 1000 or less',
      'gitEnabled: found "yes", expected true or false',
      'maxCost: found -1, expected 0 or more',
      'maxSteps: found "7", expected a whole number',
      'backendOptions.docker: found 1, expected an object',
      'force: found 1, expected true or false',
      'seats.agent1.modle: unknown key "modle"; did you mean "model"?',
      'timeout: found 30, expected a duration of at most 24 days, such as "45s", "30m" or "1h30m"',
      'signal: found an object, expected an AbortSignal',
      'onEvent: found "x", expected a function',
      'reporter: found an object, expected the name of a reporter, or an object with the functions onEvent and close',
      'plugins.0: found a function, expected a plugin',
      'plugins.1: "agnets" is not a key of a plugin; the nearest is "agents"',
    ].join('\n  '),
    hint: 'docs/reference/config.md lists all options.',
  });
});

test.for(['0s', '90000h', '${TIME}'])('the timeout "%s" is refused', async (timeout) => {
  expect((await findRefusal(() => run({ ...options, timeout }))).message).toBe(
    `run: timeout: found "${timeout}", expected a duration of at most 24 days, such as "45s", "30m" or "1h30m"`,
  );
});

describe('a name of the Python original', () => {
  test('means the same as the key', () => {
    const original = {
      ...{ runName: 'n', taskId: 1, modelName: 'm', redisUrl: 'redis://h', gitEnabled: true },
      ...{ messagingEnabled: false, logsDir: 'l' },
    };
    const keys = {
      ...{ name: 'n', task: 1, model: 'm', redis: 'redis://h', git: true, messaging: false, logDir: 'l' },
    };
    expect(readRunOptions(original)).toEqual(readRunOptions(keys));
    expect(readRunOptions(keys)).toMatchObject({
      ...{ runName: 'n', taskId: 1, modelName: 'm', gitEnabled: true, messagingEnabled: false, logsDir: 'l' },
      busOptions: { redis: { url: 'redis://h' } },
    });
    expect(readEvaluateOptions({ runName: 'n', concurrency: 3 })).toEqual(
      readEvaluateOptions({ name: 'n', evalConcurrency: 3 }),
    );
    expect(readEvaluateOptions({ runName: 'n', concurrency: 3 })).toMatchObject({ concurrency: 3 });
  });

  test('and the key are not given together', async () => {
    expect(await findRefusal(() => run({ ...options, runName: 'other' }))).toEqual({
      code: 'OPTIONS_CONTRADICT',
      message: 'run: "runName" is another name of "name", and both are given.',
      hint: 'Remove runName.',
    });
    expect(readRunOptions({ name: 'n', runName: undefined })).toMatchObject({ runName: 'n' });
  });
});

test('units are those of a configuration file', () => {
  expect(readRunOptions({ timeout: '1h30m', maxCost: 0.5, budget: 2 })).toMatchObject({
    ...{ timeoutMs: 5_400_000, maxCostUsd: 0.5, budgetUsd: 2 },
  });
});

test('a container brings its own services and plugins', async () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const { plugins, ...others } = options;
  const container = createContainer([tests(), ...(plugins ?? [])]).provide(tokens.clock, () => ({
    now: () => now,
  }));
  const summary = await run({ ...others, name: 'contained', container });
  expect(summary).toMatchObject({ run_name: 'contained', completed_at: '2026-01-01T00:00:00.000Z' });
  expect(await findRefusal(() => run({ ...options, container }))).toEqual({
    code: 'OPTIONS_CONTRADICT',
    message: 'run: "plugins" and "container" are both given, but a container has its own plugins.',
    hint: 'Pass the plugins to createContainer.',
  });
});

test('a bus and the URL of another one contradict each other', async () => {
  await expect(run({ ...options, bus: 'memory', redis: 'redis://h' })).rejects.toMatchObject({
    code: 'OPTIONS_CONTRADICT',
    message: 'There is a Redis URL, but the bus is "memory".',
  });
});

describe('a reporter of the program', () => {
  test('gets every event of a run and is closed after the last', async () => {
    const reporter = recording();
    const heard: RunEvent['type'][] = [];
    await run({ ...options, reporter, onEvent: ({ type }) => void heard.push(type) });
    expect(reporter.types).toEqual(heard);
    expect(heard).toEqual(expect.arrayContaining(['run_started', 'trial_finished', 'run_finished']));
    expect(reporter.closed).toBe(1);
  });

  test('is closed when nothing could be run', async () => {
    const reporter = recording();
    await expect(evaluate({ name: 'none', logDir, reporter })).rejects.toThrow('There is no run "none"');
    expect(reporter).toMatchObject({ types: [], closed: 1 });
  });
});
