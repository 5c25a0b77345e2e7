import type { EvaluateOptions as CoreEvaluateOptions } from '@cooperbench/runs';
import { expect, expectTypeOf, test } from 'vitest';
import type { SettingCommand } from '../../../command/src/settings/entry.ts';
import { settingFlags } from '../../../command/src/settings/flags.ts';
import type { RunOptionsWithRedis } from '../../../command/src/settings/redis-url.ts';
import {
  type CoreOptions,
  type FlagValues,
  flagOf,
  type LibraryAlias,
  type LibraryKey,
  type Settings,
  settingKeys,
  settingsOf,
  variableOf,
} from '../../../command/src/settings/values.ts';
import Clean from '../commands/clean.ts';
import Demo from '../commands/demo.ts';
import Doctor from '../commands/doctor.ts';
import Eval from '../commands/eval.ts';
import List from '../commands/list.ts';
import Run from '../commands/run.ts';
import type { EvaluateOptions, RunOptions } from '../index.ts';

test('the table gives every option of core, as core takes it', () => {
  /** Not settings: what a program or one command line asks for. */
  type Own =
    | 'seats'
    | 'spentUsd'
    | 'force'
    | 'origin'
    | 'chosenByProject'
    | 'trustDataset'
    | 'signal'
    | 'onEvent';
  expectTypeOf<CoreOptions<'run'>>().toExtend<RunOptionsWithRedis>();
  expectTypeOf<Exclude<keyof RunOptionsWithRedis, Own>>().toEqualTypeOf<keyof CoreOptions<'run'>>();
  expectTypeOf<CoreOptions<'eval'>>().toExtend<CoreEvaluateOptions>();
  expectTypeOf<Exclude<keyof CoreEvaluateOptions, Own | 'defaultBackend'>>().toEqualTypeOf<
    keyof CoreOptions<'eval'>
  >();
});

test('the library takes the settings of the table by their keys, as a configuration file does, and their aliases', () => {
  type Own = 'force' | 'signal' | 'onEvent' | 'reporter' | 'plugins' | 'container';
  type OwnOfRun = Own | 'seats' | 'spentUsd' | 'origin' | 'chosenByProject';
  expectTypeOf<Exclude<keyof RunOptions, OwnOfRun>>().toEqualTypeOf<
    LibraryKey<'run'> | LibraryAlias<'run'>
  >();
  expectTypeOf<Exclude<keyof EvaluateOptions, Own | 'defaultBackend'>>().toEqualTypeOf<
    LibraryKey<'eval'> | LibraryAlias<'eval'>
  >();
  expectTypeOf<Pick<Settings, LibraryKey<'run'>>>().toExtend<RunOptions>();
  expectTypeOf<
    { name: string } & Pick<Settings, Exclude<LibraryKey<'eval'>, 'name'>>
  >().toExtend<EvaluateOptions>();
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

const all = { run: Run, eval: Eval, demo: Demo, clean: Clean, list: List, doctor: Doctor };

test.for(Object.entries(all))('%s takes the flags that the table gives it', ([name, { flags }]) => {
  const command = name as SettingCommand;
  expect(Object.keys(flags)).toEqual(expect.arrayContaining(Object.keys(settingFlags(command))));
  const chars = settingsOf(command).flatMap(({ char }) => char ?? []);
  expect(new Set(chars).size).toBe(chars.length);
});

test('a command of a plugin takes settings of the table, with its own differences', () => {
  const flags = settingFlags({ backend: { summary: 'Backend to check.', default: 'docker' }, logDir: {} });
  expect(flags).toMatchObject({
    backend: { summary: 'Backend to check.', default: 'docker', env: 'COOPERBENCH_BACKEND' },
    'log-dir': { summary: 'Directory of all runs.', env: 'COOPERBENCH_LOG_DIR' },
  });
});

test('every setting has a variable and a flag of its own', () => {
  expect(new Set(settingKeys.map(variableOf)).size).toBe(settingKeys.length);
  expect(new Set(settingKeys.map(flagOf)).size).toBe(settingKeys.length);
  expect(variableOf('maxCost')).toBe('COOPERBENCH_MAX_COST');
  expect(variableOf('redis')).toBe('REDIS_URL');
});
