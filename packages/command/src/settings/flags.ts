import type { NetworkPolicy } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import { networkPolicies } from '@cooperbench/runs/defaults';
import * as Flags from '@oclif/core/flags';
import type { Flag } from '@oclif/core/interfaces';
import { parseDuration } from './duration.ts';
import type { SettingType } from './entry.ts';
import {
  type AcceptedSettings,
  type CommandSetting,
  defaultText,
  type FlagValues,
  type SettingKey,
  settingsOf,
} from './values.ts';

/**
 * Returns the oclif flags for settings. `{ logDir: {}, backend: { summary: 'Backend to check.' } }` gives `--log-dir` and
 * `--backend`, whose values may also come from variables and configuration files.
 */
export function settingFlags<const C extends AcceptedSettings>(acceptedSettings: C): FlagsFor<FlagValues<C>> {
  const flags = settingsOf(acceptedSettings).map((setting) => [
    setting.flag,
    buildFlagFor(setting, acceptedSettings),
  ]);
  return Object.fromEntries(flags) as FlagsFor<FlagValues<C>>;
}

type FlagsFor<Values> = { [F in keyof Values]: Flag<Values[F]> };

/** Finds the setting that a flag was made for. */
export function findSetting(flag: object): SettingKey | undefined {
  return (flag as { readonly setting?: SettingKey }).setting;
}

/** Commands whose help has a section for each group of flags. */
const grouped: readonly AcceptedSettings[] = ['run', 'eval'];
/** Types of settings whose flag can be repeated. */
const repeatable: readonly SettingType[] = ['options', 'prices'];

function buildFlagFor(setting: CommandSetting, acceptedSettings: AcceptedSettings): object {
  const { key, type, group, char, summary, example, variable, required } = setting;
  const inHelp = defaultText(setting);
  return shapes[type]({
    setting: key,
    ...{ char, env: variable, required },
    summary: [summary, repeatable.includes(type) && 'Repeatable.', example && `Example: ${example}`]
      .filter(Boolean)
      .join(' '),
    helpGroup: grouped.includes(acceptedSettings) ? group : undefined,
    min: setting.minimum ?? 1,
    max: setting.maximum,
    ...(!setting.filledInByCore && { default: setting.default }),
    ...(inHelp !== undefined && { defaultHelp: async () => inHelp }),
  } as never);
}

const createListFlag =
  (helpValue: string) =>
  (props: object): object =>
    Flags.string({ ...props, helpValue, multiple: true, multipleNonGreedy: true });

interface Bounds {
  readonly min: number;
  readonly max: number | undefined;
}

/** A flag with a value, such as `--max-cost=USD`. */
const createParsedFlag =
  (helpValue: string, parse: (text: string, bounds: Bounds) => unknown) =>
  (props: object): object =>
    Flags.custom({ parse: async (text) => parse(text, props as Bounds) })({ ...props, helpValue });

const shapes: Readonly<Record<SettingType, (props: object) => object>> = {
  text: createParsedFlag('NAME', requireText),
  network: createParsedFlag('POLICY', parseNetwork),
  path: createParsedFlag('PATH', requireText),
  url: createParsedFlag('URL', requireText),
  integer: createParsedFlag('N', (text, bounds) => number(text, /^-?\d{1,15}$/, 'a whole number', bounds)),
  dollars: createParsedFlag('USD', (text) => number(text, decimal, 'an amount in US dollars', fromZero)),
  percent: createParsedFlag('PERCENT', (text) =>
    number(text, decimal, 'a percentage', { ...fromZero, max: 100 }),
  ),
  boolean: (props) => Flags.boolean({ ...props, allowNo: true }),
  duration: createParsedFlag('DURATION', parseDuration),
  features: createParsedFlag('ID,ID', parseFeatures),
  names: createParsedFlag('NAME,NAME', parseNames),
  options: createListFlag('NAME.KEY=VALUE'),
  prices: createListFlag('MODEL=INPUT,OUTPUT'),
};

const decimal = /^-?(\d{1,15}(\.\d*)?|\.\d+)$/;
const fromZero: Bounds = { min: 0, max: undefined };

/** Parses a number. @throws ConfigError `NUMBER_FLAG` that quotes the text. */
function number(text: string, form: RegExp, expected: string, { min, max }: Bounds): number {
  const value = Number(text);
  if (form.test(text) && value >= min && (max === undefined || value <= max)) return value;
  const range = max === undefined ? `of ${min} or more` : `from ${min} to ${max}`;
  throw new ConfigError('NUMBER_FLAG', `"${text}" is not ${expected} ${range}.`, {
    hint: 'Write it in digits, without a unit.',
  });
}

/** Returns the text. @throws ConfigError `EMPTY_FLAG` when it is empty. */
function requireText(text: string): string {
  if (text.trim() !== '') return text;
  throw new ConfigError('EMPTY_FLAG', `"${text}" is empty.`, {
    hint: 'Give it a value, or leave it out.',
  });
}

/** Parses a network policy. @throws ConfigError `NETWORK_FLAG`. */
function parseNetwork(text: string): NetworkPolicy {
  const policy = networkPolicies.find((networkPolicy) => networkPolicy === text);
  if (policy !== undefined) return policy;
  throw new ConfigError('NETWORK_FLAG', `"${text}" is not a network policy.`, {
    hint: `Choose one of ${networkPolicies.join(', ')}.`,
  });
}

/** Parses two or more feature ids, such as `1,2`. @throws ConfigError `FEATURES_FLAG`. */
export function parseFeatures(text: string): number[] {
  const ids = text.split(',').map((part) => part.trim());
  if (ids.length >= 2 && ids.every((id) => /^\d{1,9}$/.test(id))) return ids.map(Number);
  throw new ConfigError('FEATURES_FLAG', `--features "${text}" is not a list of two or more feature ids.`, {
    hint: 'For example: --features 1,2.',
  });
}

/** Parses names such as `messages,git`. An empty text means no names. @throws ConfigError `NAMES_FLAG`. */
export function parseNames(text: string): string[] {
  if (text.trim() === '') return [];
  const names = text.split(',').map((part) => part.trim());
  if (!names.includes('')) return names;
  throw new ConfigError('NAMES_FLAG', `"${text}" has an empty name.`, {
    hint: 'Write names with commas between them, for example messages,git.',
  });
}
