import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import type { Flag } from '@oclif/core/interfaces';
import { parseDuration } from './duration.ts';
import type { SettingCommand, SettingType } from './entry.ts';
import { type CommandSetting, defaultText, type FlagValues, type SettingKey, settingsOf } from './values.ts';

/** oclif's flags of the settings that a command takes. */
export function settingFlags<C extends SettingCommand>(command: C): FlagsFor<FlagValues<C>> {
  const flags = settingsOf(command).map((setting) => [setting.flag, flagFor(setting, command)]);
  return Object.fromEntries(flags) as FlagsFor<FlagValues<C>>;
}

type FlagsFor<Values> = { [F in keyof Values]: Flag<Values[F]> };

/** The setting that a flag was made for. */
export function settingOf(flag: object): SettingKey | undefined {
  return (flag as { readonly setting?: SettingKey }).setting;
}

/** Commands whose help has a section for each group of flags. */
const grouped: readonly SettingCommand[] = ['run', 'eval'];

function flagFor(setting: CommandSetting, command: SettingCommand): object {
  const { key, type, group, char, summary, example, variable, required } = setting;
  const inHelp = defaultText(setting);
  return shapes[type]({
    setting: key,
    ...{ char, env: variable, required },
    summary: [summary, type === 'options' && 'Repeatable.', example && `Example: ${example}`]
      .filter(Boolean)
      .join(' '),
    helpGroup: grouped.includes(command) ? group : undefined,
    min: setting.minimum ?? 1,
    max: setting.maximum,
    ...(!setting.filledInByCore && { default: setting.default }),
    ...(inHelp !== undefined && { defaultHelp: async () => inHelp }),
  } as never);
}

/** The user writes `--max-cost=USD`. */
const text = (helpValue: string) => (props: object) => Flags.string({ ...props, helpValue });
const parsed =
  (helpValue: string, parse: (text: string) => unknown) =>
  (props: object): object =>
    Flags.custom({ parse: async (text) => parse(text) })({ ...props, helpValue });

const shapes: Readonly<Record<SettingType, (props: object) => object>> = {
  text: text('NAME'),
  path: text('PATH'),
  url: text('URL'),
  integer: (props) => Flags.integer({ ...props, helpValue: 'N' }),
  dollars: parsed('USD', (text) => amount(text, 'an amount in US dollars')),
  percent: parsed('PERCENT', (text) => amount(text, 'a percentage')),
  boolean: (props) => Flags.boolean({ ...props, allowNo: true }),
  duration: parsed('DURATION', parseDuration),
  features: parsed('ID,ID', parseFeatures),
  names: parsed('NAME,NAME', parseNames),
  options: (props) =>
    Flags.string({ ...props, helpValue: 'NAME.KEY=VALUE', multiple: true, multipleNonGreedy: true }),
};

/** @throws ConfigError `NUMBER_FLAG`. */
function amount(text: string, what: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new ConfigError('NUMBER_FLAG', `"${text}" is not ${what}.`, { hint: 'Write a number of 0 or more.' });
}

/** `1,2`: two or more feature ids. @throws ConfigError `FEATURES_FLAG`. */
export function parseFeatures(text: string): number[] {
  const ids = text.split(',').map((part) => part.trim());
  if (ids.length >= 2 && ids.every((id) => /^\d{1,9}$/.test(id))) return ids.map(Number);
  throw new ConfigError('FEATURES_FLAG', `--features "${text}" is not a list of two or more feature ids.`, {
    hint: 'Write for example --features 1,2.',
  });
}

/** `messages,git`. Nothing means none. @throws ConfigError `NAMES_FLAG`. */
export function parseNames(text: string): string[] {
  if (text.trim() === '') return [];
  const names = text.split(',').map((part) => part.trim());
  if (!names.includes('')) return names;
  throw new ConfigError('NAMES_FLAG', `"${text}" has an empty name.`, {
    hint: 'Write names with commas between them, for example messages,git.',
  });
}
