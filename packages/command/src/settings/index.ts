/** The settings of the commands: their flags, keys of configuration files and options of the library. */
export { formatDurationText, parseDuration } from './duration.ts';
export type { SettingEntry } from './entry.ts';
export { findSetting, settingFlags } from './flags.ts';
export {
  buildOptionsFromFlags,
  buildOptionsFromSettings,
  type RunFlags,
  runOptions,
} from './library-options.ts';
export { listGivenTexts, optionsSchema, pluginOptions } from './plugin-options.ts';
export { parseModelPrices } from './prices.ts';
export { splitRedisUrl } from './redis-url.ts';
export { flagOfSeat, parseSeatOverrides, seatFlags } from './seats.ts';
export { settings } from './table.ts';
export {
  getKind,
  type LibraryAlias,
  type LibraryKey,
  type OptionsKey,
  type PluginOptions,
  type SettingKey,
  type Settings,
  settingKeys,
  settingsOf,
} from './values.ts';
