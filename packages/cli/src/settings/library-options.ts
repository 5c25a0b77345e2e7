import type { Registry, RunOptions } from '@cooperbench/core/host';
import type { Configuration } from '../config/configuration.ts';
import { parseDuration } from './duration.ts';
import type { SettingCommand } from './entry.ts';
import { pluginOptions } from './plugin-options.ts';
import { seatOverrides } from './seats.ts';
import {
  type CommandSetting,
  type FlagValues,
  type LibraryOptions,
  type OptionsKey,
  type Settings,
  settingsOf,
} from './values.ts';

/** Options of the library from the flags of a command, which the configuration has filled in. @throws as pluginOptions. */
export function optionsFromFlags<C extends SettingCommand>(
  command: C,
  flags: FlagValues<C>,
  { values }: Pick<Configuration, 'values'>,
  registry: Registry,
): LibraryOptions<C> {
  return named(command, ({ key, type, flag }) =>
    type === 'options'
      ? pluginOptions(key as OptionsKey, flags, values, registry)
      : (flags as Record<string, unknown>)[flag],
  ) as LibraryOptions<C>;
}

/** Options of the library from configuration files alone. */
export function optionsFromFiles<C extends SettingCommand>(
  command: C,
  values: Settings,
): Partial<LibraryOptions<C>> {
  return named(command, ({ key, type }) => {
    const value = values[key];
    return type === 'duration' && typeof value === 'string' ? parseDuration(value) : value;
  }) as Partial<LibraryOptions<C>>;
}

/** The flags of `run` that say what is run. */
export type RunFlags = FlagValues<'run'> & {
  readonly seat?: string[] | undefined;
  readonly 'seat-backend'?: string[] | undefined;
  readonly force?: boolean;
};

/** The options of a run, from everything that the user said. */
export function runOptions(
  flags: RunFlags,
  configuration: Pick<Configuration, 'values'>,
  registry: Registry,
): RunOptions {
  return {
    ...optionsFromFlags('run', flags, configuration, registry),
    seats: seatOverrides(flags.seat, flags['seat-backend'], configuration.values.seats),
    force: flags.force,
  };
}

function named(command: SettingCommand, read: (setting: CommandSetting) => unknown): object {
  const entries = settingsOf(command).flatMap((setting) =>
    setting.option === undefined ? [] : [[setting.option, read(setting)]],
  );
  return Object.fromEntries(entries);
}
