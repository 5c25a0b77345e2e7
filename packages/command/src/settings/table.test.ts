import type { EvaluateOptions } from '@cooperbench/runs';
import { expect, expectTypeOf, test } from 'vitest';
import { settingFlags } from './flags.ts';
import type { RunOptionsWithRedis } from './redis-url.ts';
import { type CoreOptions, type FlagValues, flagOf, getVariable, settingKeys } from './values.ts';

test('the table gives every option of core, as core takes it', () => {
  /** Not settings: what a program or one command line asks for. */
  type Own =
    | 'seats'
    | 'spentUsd'
    | 'force'
    | 'origin'
    | 'backendReason'
    | 'chosenByProject'
    | 'trustDataset'
    | 'signal'
    | 'onEvent';
  expectTypeOf<CoreOptions<'run'>>().toExtend<RunOptionsWithRedis>();
  expectTypeOf<Exclude<keyof RunOptionsWithRedis, Own>>().toEqualTypeOf<keyof CoreOptions<'run'>>();
  expectTypeOf<CoreOptions<'eval'>>().toExtend<EvaluateOptions>();
  expectTypeOf<Exclude<keyof EvaluateOptions, Own | 'defaultBackend'>>().toEqualTypeOf<
    keyof CoreOptions<'eval'>
  >();
});

test('the type of a flag follows from its entry', () => {
  type Flags = FlagValues<'run'>;
  expectTypeOf<Flags['max-steps']>().toEqualTypeOf<number>();
  expectTypeOf<Flags['max-cost']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Flags['features']>().toEqualTypeOf<number[] | undefined>();
  expectTypeOf<Flags['git']>().toEqualTypeOf<boolean | undefined>();
  expectTypeOf<FlagValues<'eval'>['name']>().toEqualTypeOf<string>();
  expectTypeOf<FlagValues<'clean'>['backend']>().toEqualTypeOf<string | undefined>();
  type Own = FlagValues<{
    logDir: object;
    evalConcurrency: { flag: 'concurrency' };
    backend: { default: null };
  }>;
  expectTypeOf<Own>().toEqualTypeOf<{
    'log-dir': string;
    concurrency: number;
    backend: string | undefined;
  }>();
});

test('a command of a plugin takes settings of the table, with its own differences', () => {
  const flags = settingFlags({ backend: { summary: 'Backend to check.', default: 'docker' }, logDir: {} });
  expect(flags).toMatchObject({
    backend: { summary: 'Backend to check.', default: 'docker', env: 'COOPERBENCH_BACKEND' },
    'log-dir': { summary: 'Directory of all runs.', env: 'COOPERBENCH_LOG_DIR' },
  });
});

test('every setting has a variable and a flag of its own', () => {
  expect(new Set(settingKeys.map(getVariable)).size).toBe(settingKeys.length);
  expect(new Set(settingKeys.map(flagOf)).size).toBe(settingKeys.length);
  expect(getVariable('maxCost')).toBe('COOPERBENCH_MAX_COST');
  expect(getVariable('redis')).toBe('REDIS_URL');
});
