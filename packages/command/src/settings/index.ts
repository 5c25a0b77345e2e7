/** The settings of the commands: their flags, keys of configuration files and options of the library. */
export { formatDurationText as durationText, parseDuration } from './duration.ts';
export type { SettingEntry } from './entry.ts';
export { findSetting as settingOf, settingFlags } from './flags.ts';
export {
  buildOptionsFromFlags as optionsFromFlags,
  buildOptionsFromSettings as optionsFromSettings,
  type RunFlags,
  runOptions,
} from './library-options.ts';
export { listGivenTexts as givenTexts, optionsSchema, pluginOptions } from './plugin-options.ts';
export { parseModelPrices as modelPrices } from './prices.ts';
export { splitRedisUrl } from './redis-url.ts';
export { flagOfSeat, parseSeatOverrides as seatOverrides, seatFlags } from './seats.ts';
export { settings } from './table.ts';
export {
  getKind as kindOf,
  type LibraryAlias,
  type LibraryKey,
  type OptionsKey,
  type PluginOptions,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsOf,
} from './values.ts';
