import { maskSecrets } from '@cooperbench/core/host';
import type { FlagInput } from '@oclif/core/interfaces';
import { type OptionFlag, optionFlags, optionKeys, pluginOptions } from '../flags/plugin-options.ts';
import { seatOverrides } from '../flags/seat.ts';
import type { Configuration } from './configuration.ts';
import { originOfFlag, type Parsed, placeOf } from './origin.ts';
import { pathKeys } from './paths.ts';
import { shortName } from './read.ts';
import { keyOfFlag } from './settings.ts';

/** One value in force, without secrets, and where it came from. */
export interface Shown {
  readonly key: string;
  readonly value: unknown;
  /** A flag, a variable, `FILE:LINE:COLUMN`, or `default`. */
  readonly from: string;
}

/** Every setting that has a value. */
export function shownSettings(parsed: Parsed, flags: FlagInput): Shown[] {
  const simple = Object.entries(flags).flatMap(([name, flag]) => {
    const key = keyOfFlag(flag);
    return key === undefined || ('multiple' in flag && flag.multiple)
      ? []
      : [ofFlag(parsed, name, key, flag)];
  });
  return [...simple, ...ofFilesAlone(parsed)]
    .filter(({ value }) => value !== undefined)
    .map(({ key, value, from }) => ({ key, value: maskSecrets(value, key.split('.').at(-1)), from }));
}

function ofFlag(parsed: Parsed, name: string, key: string, flag: FlagInput[string]): Shown {
  const { kind, name: from } = originOfFlag(parsed, name, key, flag);
  const value = (parsed.flags as Record<string, unknown>)[name];
  if (from === 'REDIS_URL') return { key, value: process.env.REDIS_URL, from };
  if (kind === 'file') {
    const configured = (parsed.configuration.values as Record<string, unknown>)[key];
    return { key, value: readable(configured, key, parsed.configuration), from };
  }
  const stated = /\[default: (.*)\]$/.exec(flag.summary ?? '')?.[1];
  if (kind === 'default') return { key, value: value ?? stated, from };
  return { key, value: key === 'timeout' ? `${Number(value) / 1000}s` : value, from };
}

function readable(value: unknown, key: string, { cwd }: Configuration): unknown {
  return pathKeys.has(key) ? shortName(String(value), cwd) || '.' : value;
}

/** What has a key of its own in the files, and by flags is only laid over them. */
function ofFilesAlone({ flags: parsed, raw, configuration }: Parsed): Shown[] {
  const { values } = configuration;
  const given = parsed as Record<string, readonly string[] | undefined>;
  const typed = (flag: string, begin: string): boolean =>
    raw.some((token) => token.type === 'flag' && token.flag === flag && token.input.startsWith(begin));
  const rows = (
    kind: string,
    all: object | undefined,
    otherwise: (name: string, key: string) => string | undefined,
  ) =>
    Object.entries(all ?? {}).flatMap(([name, one]) =>
      Object.entries(one as object).map(([key, value]): Shown => {
        const path = [kind, name, key];
        return { key: path.join('.'), value, from: otherwise(name, key) ?? placeOf(configuration, path) };
      }),
    );
  const toldBy = (flag: OptionFlag) => (name: string, key: string) => {
    const { env = '' } = optionFlags[flag];
    if (typed(flag, `${name}.${key}=`)) return `--${flag}`;
    return process.env[env]?.includes(`${name}.${key}=`) ? env : undefined;
  };
  const flags = Object.keys(optionFlags) as OptionFlag[];
  return [
    { key: 'imagePattern', value: values.imagePattern, from: placeOf(configuration, ['imagePattern']) },
    ...rows('seats', seatOverrides(given.seat, given['seat-backend'], values.seats), (seat, key) => {
      const flag = key === 'backend' ? 'seat-backend' : 'seat';
      return typed(flag, `${seat}=`) ? `--${flag}` : undefined;
    }),
    ...flags.flatMap((flag) => rows(optionKeys[flag], pluginOptions(flag, given, values), toldBy(flag))),
    ...configuration.plugins.map(
      ({ plugin, index, source }): Shown => ({
        key: 'plugins',
        value: typeof plugin === 'string' ? plugin : '(in code)',
        from: source.at(['plugins', String(index)]),
      }),
    ),
  ];
}
