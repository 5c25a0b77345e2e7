/** The configuration files. */
export {
  type Combination,
  type ConfigSource,
  type Configuration,
  type Experiment,
  type FileContent,
  type Layer,
  noConfiguration,
} from './configuration.ts';
export { shortName } from './files.ts';
export { fitPluginOptions, optionKeys, readVariables } from './fit-plugin-options.ts';
export { valueAt } from './interpolate.ts';
export { loadConfiguration, originOf } from './load.ts';
export { isPath, merge, withAbsolutePaths } from './merge.ts';
export {
  baseUrlOfProject,
  chosenByProject,
  originOfFlag,
  type ParsedCommand,
  placeOf,
  seatsOfProject,
} from './origin.ts';
export { configSchema, settingSchemas, withSynonyms } from './schema.ts';
export { invalid } from './validate.ts';
