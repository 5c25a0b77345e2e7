import type { Registry } from '@cooperbench/core/host';
import type { RunOptions } from '@cooperbench/runs';
import type { FlagInput } from '@oclif/core/interfaces';
import type { Configuration } from '../config/configuration.ts';
import { chosenByProject, type ParsedCommand } from '../config/origin.ts';
import { removeContradictions } from './contradictions.ts';
import { parseDuration } from './duration.ts';
import type { SettingCommand } from './entry.ts';
import { pluginOptions } from './plugin-options.ts';
import { parseModelPrices } from './prices.ts';
import { splitRedisUrl } from './redis-url.ts';
import { parseSeatOverrides, type SeatFlags } from './seats.ts';
import {
  type AcceptedSettings,
  type CommandSetting,
  type CoreOptions,
  type FlagValues,
  type OptionsKey,
  type Settings,
  settingsOf,
} from './values.ts';

/** Converts the flags of a command to options of core. @throws the errors of `pluginOptions`. */
export function buildOptionsFromFlags<const C extends AcceptedSettings>(
  acceptedSettings: C,
  flags: FlagValues<C>,
  { values }: Pick<Configuration, 'values'>,
  /** If it is absent, options of plugins may have any name. */
  registry?: Registry,
): CoreOptions<C> {
  return pickOptions(acceptedSettings, ({ key, type, flag }) => {
    if (type === 'options') return pluginOptions(key as OptionsKey, flags, values, registry);
    if (type === 'prices') return parseModelPrices(flags, values.prices);
    return (flags as Record<string, unknown>)[flag];
  }) as CoreOptions<C>;
}

/**
 * Converts settings in the form of a configuration file, which is also that of the library, to options of core. This is the
 * only place that knows how core names them.
 */
export function buildOptionsFromSettings<C extends SettingCommand>(
  command: C,
  values: Settings,
): Partial<CoreOptions<C>> {
  return pickOptions(command, ({ key, type }) => {
    const value = values[key];
    return type === 'duration' && typeof value === 'string' ? parseDuration(value) : value;
  }) as Partial<CoreOptions<C>>;
}

/** The flags of `run` that describe the run. */
export type RunFlags = FlagValues<'run'> & SeatFlags & { readonly force?: boolean };

/**
 * Combines everything that the user set into the options of a run. `definitions` are the command's flags.
 * @throws ConfigError `OPTIONS_CONTRADICT`; the errors of `pluginOptions`.
 */
export function runOptions(
  parsed: ParsedCommand & { readonly flags: RunFlags },
  definitions: FlagInput,
  registry: Registry,
): RunOptions {
  const flags = removeContradictions(parsed, definitions);
  return splitRedisUrl({
    ...buildOptionsFromFlags('run', flags, parsed.configuration, registry),
    seats: parseSeatOverrides(flags, parsed.configuration.values.seats),
    force: flags.force,
    chosenByProject: chosenByProject(parsed, definitions),
  });
}

function pickOptions(
  acceptedSettings: AcceptedSettings,
  readSetting: (setting: CommandSetting) => unknown,
): object {
  const entries = settingsOf(acceptedSettings).flatMap((setting) =>
    setting.option === undefined ? [] : [[setting.option, readSetting(setting)]],
  );
  return Object.fromEntries(entries);
}
