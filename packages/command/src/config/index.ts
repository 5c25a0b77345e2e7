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
export { findOrigin, loadConfiguration } from './load.ts';
export { isPath, merge, withAbsolutePaths } from './merge.ts';
export {
  chosenByProject,
  findBaseUrlOfProject,
  findFlagOrigin,
  listSeatsOfProject,
  type ParsedCommand,
  placeOf,
} from './origin.ts';
export { configSchema, settingSchemas, withSynonyms } from './schema.ts';
export { createInvalidError } from './validate.ts';
