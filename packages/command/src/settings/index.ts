/** The settings of the commands: their flags, keys of configuration files and options of the library. */
export { durationText, parseDuration } from './duration.ts';
export type { SettingEntry } from './entry.ts';
export { settingFlags, settingOf } from './flags.ts';
export { optionsFromFlags, optionsFromSettings, type RunFlags, runOptions } from './library-options.ts';
export { givenTexts, optionsSchema, pluginOptions } from './plugin-options.ts';
export { modelPrices } from './prices.ts';
export { splitRedisUrl } from './redis-url.ts';
export { flagOfSeat, seatFlags, seatOverrides } from './seats.ts';
export { settings } from './table.ts';
export {
  kindOf,
  type LibraryAlias,
  type LibraryKey,
  type OptionsKey,
  type PluginOptions,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsOf,
} from './values.ts';
