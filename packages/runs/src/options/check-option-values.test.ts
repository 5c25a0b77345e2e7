import type { CooperBenchError } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { createContainer, tokens } from '../container.ts';
import { optionRanges } from './options.ts';

// None of the names exists, so whatever is checked later would give another error.
const runs = createContainer([], { defaults: { agents: 'nop', backends: 'none' } }).get(tokens.runs);
const base = { runName: 'none', backend: 'none', datasetDir: '/none', logsDir: '/none', concurrency: 1 };
const operations = {
  run: (options: object) => runs.run({ ...base, ...options }),
  check: (options: object) => runs.check({ ...base, ...options }),
  evaluate: (options: object) => runs.evaluate({ ...base, ...options }),
};

const errorOf = (work: Promise<unknown>): Promise<CooperBenchError> =>
  work.then(
    () => expect.fail('nothing was refused'),
    (error) => error,
  );

test.for(Object.entries(operations))('%s refuses numbers before it does anything', async ([, operate]) => {
  for (const found of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1001]) {
    const { code, message } = await errorOf(operate({ concurrency: found }));
    expect([code, message]).toEqual([
      'OPTION_VALUE',
      `The option concurrency is ${found}; expected a whole number from 1 to 1000.`,
    ]);
  }
  expect(await errorOf(operate({}))).not.toMatchObject({ code: 'OPTION_VALUE' });
});

test.for([
  ['repeat', 0, 'a whole number from 1 to 1000'],
  ['repeat', 1001, 'a whole number from 1 to 1000'],
  ['repeat', '2', 'a whole number from 1 to 1000'],
  ['evalConcurrency', 0, 'a whole number from 1 to 1000'],
  ['maxSteps', -1, 'a whole number from 1 to 1000000000'],
  ['maxCostUsd', Number.NaN, 'a number from 0 to 1000000000'],
  ['maxCostUsd', Number.POSITIVE_INFINITY, 'a number from 0 to 1000000000'],
  ['budgetUsd', -0.01, 'a number from 0 to 1000000000'],
  ['spentUsd', null, 'a number from 0 to 1000000000'],
  ['timeoutMs', 2 ** 31, 'a number from 1 to 2147483647'],
  ['timeoutMs', 0, 'a number from 1 to 2147483647'],
  ['timeoutMs', Number.NaN, 'a number from 1 to 2147483647'],
  ['taskId', 1.5, 'a whole number from 0 to 9007199254740991'],
] as const)('%s: %j', async ([name, value, expected]) => {
  const { message, hint } = await errorOf(operations.run({ [name]: value }));
  const match = typeof value === 'string' ? JSON.stringify(value) : String(value);
  expect(message).toBe(`The option ${name} is ${match}; expected ${expected}.`);
  expect(hint).toBe(`Correct ${name}, or leave it out.`);
});

test('prices are checked, too', async () => {
  const prices = { m: { input: 1, output: -1 } };
  expect((await errorOf(operations.run({ prices }))).message).toBe(
    'The option prices["m"].output is -1; expected a number from 0 to 1000000000.',
  );
});

test('the ends of every range are allowed', async () => {
  for (const [name, { minimum, maximum }] of Object.entries(optionRanges))
    for (const value of [minimum, maximum])
      expect(await errorOf(operations.run({ [name]: value }))).not.toMatchObject({ code: 'OPTION_VALUE' });
});

test('registries are names of hosts, and no addresses', async () => {
  for (const host of ['pypi.org', 'pypi.example.org', '*.example.org', 'a-b.example.co'])
    expect(await errorOf(operations.run({ registries: [host] })), host).not.toMatchObject({
      code: 'OPTION_VALUE',
    });
  for (const host of [
    ...['127.0.0.1', '::1', 'localhost', '*', '*.*', 'a b.org'],
    ...['https://pypi.org', 'pypi.org:443', 'x.y/z', '10.0.0.1.'],
  ])
    expect(await errorOf(operations.run({ registries: [host] })), host).toMatchObject({
      code: 'OPTION_VALUE',
    });
});
