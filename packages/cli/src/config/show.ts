import {
  findFlagOrigin,
  isPath,
  optionKeys,
  type ParsedCommand,
  placeOf,
  shortName,
} from '@cooperbench/command/config';
import {
  findSetting,
  flagOfSeat,
  formatDurationText,
  listGivenTexts,
  type OptionsKey,
  parseModelPrices,
  parseSeatOverrides,
  pluginOptions,
  type SettingEntry,
  type SettingKey,
  settingKeys,
  settings,
} from '@cooperbench/command/settings';
import { ConfigError } from '@cooperbench/core/errors';
import { maskSecrets } from '@cooperbench/core/host';
import { suggest } from '@cooperbench/core/nearest';
import type { FlagInput } from '@oclif/core/interfaces';

/** The effective value of a setting, without secrets, and its source. */
export interface ShownSetting {
  readonly key: string;
  readonly value: unknown;
  /** A flag, a variable, `FILE:LINE:COLUMN`, or `default`. */
  readonly from: string;
}

/** Returns every setting that has a value. */
export function listShownSettings(parsed: ParsedCommand, flags: FlagInput): ShownSetting[] {
  const simple = Object.entries(flags).flatMap(([name, flag]) => {
    const key = findSetting(flag);
    return key === undefined || isMap(key) ? [] : [showFlag(parsed, name, key, flag)];
  });
  return [
    ...simple,
    ...showSeats(parsed),
    ...showPrices(parsed),
    ...optionKeys.flatMap((key) => showOptions(parsed, key)),
    ...showPlugins(parsed),
  ]
    .filter(({ value }) => value !== undefined)
    .map(({ key, value, from }) => ({ key, value: maskSecrets(value, key.split('.').at(-1)), from }));
}

/**
 * Picks a setting by its key, and everything below a key: `docker` picks `backendOptions.docker.cpus`, and not
 * `backendOptions.mydocker.cpus`. @throws ConfigError `UNKNOWN_KEY`.
 */
export function pickShown(settings: readonly ShownSetting[], key: string): ShownSetting[] {
  const matchingSettings = settings.filter((setting) => `.${setting.key}.`.includes(`.${key}.`));
  const knownKeys = [...settingKeys, 'seats', 'plugins'];
  if (matchingSettings.length > 0 || knownKeys.includes(key)) return matchingSettings;
  throw new ConfigError('UNKNOWN_KEY', `No setting has the key "${key}".`, {
    hint: suggest(key, [...knownKeys, ...new Set(settings.flatMap((setting) => setting.key.split('.')))]),
  });
}

function showFlag(
  parsed: ParsedCommand,
  name: string,
  key: SettingKey,
  flag: FlagInput[string],
): ShownSetting {
  const { kind, name: from } = findFlagOrigin(parsed, name, key, flag);
  const { values, cwd } = parsed.configuration;
  if (kind === 'file')
    return { key, value: isPath(key) ? shortName(String(values[key]), cwd) || '.' : values[key], from };
  const { type, default: standard }: SettingEntry = settings[key];
  const value = (parsed.flags as Record<string, unknown>)[name] ?? standard;
  return { key, value: type === 'duration' ? formatDurationText(Number(value)) : value, from };
}

/** Returns whether a setting is shown key by key, because each key has its own source. */
function isMap(key: SettingKey): boolean {
  const { type } = settings[key];
  return type === 'options' || type === 'prices';
}

function showSeats({ flags, raw, configuration }: ParsedCommand): ShownSetting[] {
  const seats = parseSeatOverrides(flags, configuration.values.seats);
  return buildRows('seats', seats, (seat, key, path) => {
    const flag = flagOfSeat[key as keyof typeof flagOfSeat];
    return isTyped(raw, flag, `${seat}=`) ? `--${flag}` : placeOf(configuration, path);
  });
}

function showPrices({ flags, configuration }: ParsedCommand): ShownSetting[] {
  const pricesByModel = new Map(
    listGivenTexts('prices', flags).map(([from, text]) => [text.slice(0, text.lastIndexOf('=')), from]),
  );
  const prices = parseModelPrices(flags, configuration.values.prices) ?? {};
  return Object.entries(prices).map(([model, value]) => {
    const path = ['prices', model];
    return { key: path.join('.'), value, from: pricesByModel.get(model) ?? placeOf(configuration, path) };
  });
}

function showOptions({ flags, configuration }: ParsedCommand, key: OptionsKey): ShownSetting[] {
  const texts = listGivenTexts(key, flags);
  return buildRows(key, pluginOptions(key, flags, configuration.values), (name, option, path) => {
    const [from] = texts.findLast(([, text]) => text.startsWith(`${name}.${option}=`)) ?? [];
    return from ?? placeOf(configuration, path);
  });
}

function showPlugins({ configuration }: ParsedCommand): ShownSetting[] {
  return configuration.plugins.map(({ plugin, index, source }) => ({
    key: 'plugins',
    value: typeof plugin === 'string' ? plugin : '(in code)',
    from: source.at(['plugins', String(index)]),
  }));
}

function buildRows(
  kind: string,
  optionsByName: object | undefined,
  originOf: (name: string, key: string, path: readonly string[]) => string,
): ShownSetting[] {
  return Object.entries(optionsByName ?? {}).flatMap(([name, value]) =>
    Object.entries(value as object).map(([key, value]) => {
      const path = [kind, name, key];
      return { key: path.join('.'), value, from: originOf(name, key, path) };
    }),
  );
}

function isTyped(raw: ParsedCommand['raw'], flag: string, begin: string): boolean {
  return raw.some((token) => token.type === 'flag' && token.flag === flag && token.input.startsWith(begin));
}
