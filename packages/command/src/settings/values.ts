import type { Kind } from '@cooperbench/core/host';
import { formatDurationText } from './duration.ts';
import type { SettingCommand, SettingEntry, SettingUse, ValueTypes } from './entry.ts';
import { settings } from './table.ts';

export type SettingKey = keyof typeof settings;
type Entry<K extends SettingKey> = (typeof settings)[K];

/** The type of a setting's value in a configuration file. */
export type FileValue<K extends SettingKey> =
  Entry<K> extends { values: readonly (infer V)[] } ? V : ValueTypes[Entry<K>['type']]['file'];

/** Settings in the form of a configuration file. */
export type Settings = { [K in SettingKey]?: FileValue<K> } & {
  seats?: Record<string, SeatSettings>;
};

/** Settings of a single seat. */
export interface SeatSettings {
  agent?: string;
  model?: string;
  backend?: string;
  baseUrl?: string;
  agentConfig?: string;
}

/** Settings that `run` or `evaluate` of the library accepts. */
export type LibraryKey<C extends 'run' | 'eval'> = KeyOf<C> & With<{ option: string }>;

/** The names of these settings in the Python original. */
export type LibraryAlias<C extends 'run' | 'eval'> = {
  [K in LibraryKey<C>]: AliasOf<Entry<K>> | AliasOf<Use<C, K>>;
}[LibraryKey<C>];
type AliasOf<E> = E extends { alias: infer A extends string } ? A : never;

type With<Filter> = { [K in SettingKey]: Entry<K> extends Filter ? K : never }[SettingKey];

/** Settings that an experiment's matrix may vary. */
export type VariedKey = With<{ varies: true }>;
/** Settings that contain options of plugins. */
export type OptionsKey = With<{ type: 'options' }>;

/** Settings that a command accepts, by key, with their differences from the table. */
export type SettingUses = { readonly [K in SettingKey]?: SettingUse };
/** A command of this package, whose uses are in the table, or the uses of another command. */
export type AcceptedSettings = SettingCommand | SettingUses;

/** Settings that a command accepts. */
type KeyOf<C extends AcceptedSettings> = C extends SettingCommand
  ? With<{ commands: { [_ in C]: object } }>
  : keyof C & SettingKey;
type Use<C extends AcceptedSettings, K extends SettingKey> = C extends SettingCommand
  ? Entry<K>['commands'] extends Record<C, infer U>
    ? U
    : never
  : C extends Record<K, infer U>
    ? U
    : never;
type FlagName<C extends AcceptedSettings, K extends SettingKey> =
  Use<C, K> extends { flag: infer F extends string }
    ? F
    : Entry<K> extends { flag: infer F extends string }
      ? F
      : Kebab<K>;
type Kebab<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `-${Lowercase<First>}`}${Kebab<Rest>}`
  : S;
type IsAlwaysThere<C extends AcceptedSettings, K extends SettingKey> =
  Use<C, K> extends { required: true }
    ? true
    : Use<C, K> extends { default: infer D }
      ? D extends null
        ? false
        : true
      : Entry<K> extends { filledInByCore: true }
        ? false
        : Entry<K> extends { default: unknown }
          ? true
          : false;
type FlagValue<C extends AcceptedSettings, K extends SettingKey> =
  | ValueTypes[Entry<K>['type']]['flag']
  | (IsAlwaysThere<C, K> extends true ? never : undefined);

/** A command's settings after parsing, by flag. */
export type FlagValues<C extends AcceptedSettings> = {
  [K in KeyOf<C> as FlagName<C, K>]: FlagValue<C, K>;
};

export type PluginOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type OptionName<C extends AcceptedSettings, K extends SettingKey> =
  Use<C, K> extends { option: infer O extends string }
    ? O
    : Entry<K> extends { option: infer O extends string }
      ? O
      : never;

/** A command's settings as options of core. */
export type CoreOptions<C extends AcceptedSettings> = {
  [K in KeyOf<C> as OptionName<C, K>]: K extends OptionsKey
    ? PluginOptions | undefined
    : K extends 'prices'
      ? Settings['prices']
      : FlagValue<C, K>;
};

/** A setting in the form that one command uses. */
export interface CommandSetting extends Omit<SettingEntry, 'default' | 'option' | 'commands'> {
  readonly key: SettingKey;
  readonly flag: string;
  readonly variable: string;
  readonly default?: string | number | boolean | undefined;
  readonly required?: true;
  readonly option?: string;
}

export const settingKeys: readonly SettingKey[] = Object.keys(settings) as SettingKey[];

/** Returns the settings that a command accepts, in the order of the table. */
export function settingsOf(acceptedSettings: AcceptedSettings): CommandSetting[] {
  return settingKeys.flatMap((key) => {
    const { commands, ...entry }: SettingEntry = settings[key];
    const settingUse =
      typeof acceptedSettings === 'string' ? commands[acceptedSettings] : acceptedSettings[key];
    if (settingUse === undefined) return [];
    const standard = { key, flag: flagOf(key), variable: getVariable(key) };
    const value = settingUse.default === undefined ? entry.default : (settingUse.default ?? undefined);
    return [{ ...entry, ...standard, ...settingUse, default: value }];
  });
}

/** Returns the flag of a setting. Some commands use another flag. */
export function flagOf(key: SettingKey): string {
  const { flag }: SettingEntry = settings[key];
  return flag ?? toKebabCase(key);
}

function toKebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Maps other names that users may try to the keys that they mean: names of the original, flags, and words in another case. */
export function buildKeysBySynonym(keys: readonly string[]): Record<string, string> {
  const entries = settingKeys
    .filter((key) => keys.includes(key))
    .flatMap((key) => {
      const { alias, synonyms = [] }: SettingEntry = settings[key];
      return [key, flagOf(key), ...(alias === undefined ? [] : [alias]), ...synonyms]
        .flatMap((name) => [name, toKebabCase(name), toKebabCase(name).replaceAll('-', '_')])
        .map((name) => [name, key] as const);
    });
  return Object.fromEntries(entries.filter(([name]) => !keys.includes(name)));
}

/** Returns the kind of plugins that these options belong to. */
export function getKind(key: OptionsKey): Kind {
  return settings[key].kind;
}

export function getVariable(key: SettingKey): string {
  const { variable }: SettingEntry = settings[key];
  return variable ?? `COOPERBENCH_${flagOf(key).replaceAll('-', '_').toUpperCase()}`;
}

/** Formats a setting's default as a user would write it. */
export function defaultText({
  type,
  default: value,
}: Pick<CommandSetting, 'type' | 'default'>): string | undefined {
  if (value === undefined) return undefined;
  return type === 'duration' ? formatDurationText(Number(value)) : String(value);
}
