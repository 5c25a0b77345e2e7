import { settingFlags } from '@cooperbench/command';
import { type LibraryAlias, type LibraryKey, type Settings, settingsOf } from '@cooperbench/command/settings';
import { expect, expectTypeOf, test } from 'vitest';
import Clean from '../commands/clean.ts';
import Demo from '../commands/demo.ts';
import Doctor from '../commands/doctor.ts';
import Eval from '../commands/eval.ts';
import List from '../commands/list.ts';
import Run from '../commands/run.ts';
import type { EvaluateOptions, RunOptions } from '../index.ts';

test('the library takes the settings of the table by their keys, as a configuration file does, and their aliases', () => {
  type OwnOfProgram = 'force' | 'signal' | 'onEvent' | 'reporter' | 'plugins' | 'container';
  type Own = OwnOfProgram | 'spentUsd' | 'chosenByProject';
  type OwnOfRun = Own | 'seats' | 'origin';
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

const all = { run: Run, eval: Eval, demo: Demo, clean: Clean, list: List, doctor: Doctor };

test.for(Object.entries(all))('%s takes the flags that the table gives it', ([name, { flags }]) => {
  const command = name as keyof typeof all;
  expect(Object.keys(flags)).toEqual(expect.arrayContaining(Object.keys(settingFlags(command))));
  const chars = settingsOf(command).flatMap(({ char }) => char ?? []);
  expect(new Set(chars).size).toBe(chars.length);
});
