import type { ModelPrice, NetworkPolicy } from '@cooperbench/core';
import type { Kind } from '@cooperbench/core/host';
import type { EvaluateOptions } from '@cooperbench/runs';
import type { RunOptionsWithRedis } from './redis-url.ts';

/** One setting of the command line. */
export interface SettingEntry {
  readonly type: SettingType;
  readonly summary: string;
  readonly example?: string;
  /** Heading in the help of commands that take many flags. */
  readonly group?: 'TASK' | 'AGENT' | 'COLLABORATION' | 'LIMIT' | 'SANDBOX' | 'EVALUATION' | 'OUTPUT';
  readonly char?: Char;
  readonly flag?: string;
  /** An environment variable that other tools use, too. Replaces `COOPERBENCH_…`. */
  readonly variable?: string;
  readonly default?: string | number | boolean;
  /** The help states the default, but core applies it, because core must know whether the user set the value. */
  readonly filledInByCore?: true;
  /** For options: the kind of their plugins. */
  readonly kind?: Kind;
  /** For integers. Default: 1. */
  readonly minimum?: number;
  readonly maximum?: number;
  /** All allowed values. */
  readonly values?: readonly string[];
  /** The name of the option in core. If it is absent, core does not have it. */
  readonly option?: keyof RunOptionsWithRedis;
  /** The name of the option in the Python original. `run` and `evaluate` accept it too. */
  readonly alias?: string;
  /** Other names that users may try. An error about one of them suggests the key. */
  readonly synonyms?: readonly string[];
  /** An experiment's matrix may list several values. */
  readonly varies?: true;
  /** The commands of this package that accept the flag, with their differences. */
  readonly commands: { readonly [C in SettingCommand]?: SettingUse };
}

export interface SettingUse {
  readonly flag?: string;
  readonly char?: Char;
  readonly summary?: string;
  /** It is null if there is no default. */
  readonly default?: string | null;
  readonly required?: true;
  readonly option?: keyof EvaluateOptions;
  readonly alias?: string;
}

type Char = 'a' | 'c' | 'f' | 'm' | 'n' | 'r' | 's' | 't';

export type SettingCommand = 'run' | 'eval' | 'demo' | 'clean' | 'list' | 'doctor';

export type SettingType = keyof ValueTypes;

/** The types of a setting's value, from a flag and in a configuration file, by the type of the setting. */
export interface ValueTypes {
  text: { flag: string; file: string };
  network: { flag: NetworkPolicy; file: NetworkPolicy };
  /** In a file, relative to that file. Elsewhere, relative to the working directory. */
  path: { flag: string; file: string };
  url: { flag: string; file: string };
  integer: { flag: number; file: number };
  dollars: { flag: number; file: number };
  percent: { flag: number; file: number };
  boolean: { flag: boolean; file: boolean };
  /** The flag's value is in milliseconds. */
  duration: { flag: number; file: string };
  /** Two or more feature ids. */
  features: { flag: number[]; file: number[] };
  names: { flag: string[]; file: string[] };
  /** Options of plugins, by the names that users type. Each flag sets one option. */
  options: { flag: string[]; file: Record<string, Record<string, unknown>> };
  /** Prices by model. Each flag sets one price. */
  prices: { flag: string[]; file: Record<string, ModelPrice> };
}
