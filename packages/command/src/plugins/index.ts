/** The plugins that the command finds: bundled, installed, linked, or named by a configuration file. */
export { clonePackages, findLocalCore, readPackage } from './clone.ts';
export { type FoundPlugins, mergePlugins } from './found-plugins.ts';
export {
  listPluginPackages,
  loadInstalledPlugins,
  type OclifPlugin,
} from './installed.ts';
export { buildPackageWith, defaultNames, knownNames } from './known-names.ts';
export { loadPlugin } from './load.ts';
export {
  changeList,
  getInstallations,
  type ListedPlugin,
  listListedPlugins,
  lockPlugins,
} from './plugin-list.ts';
export { loadProjectPlugins } from './project-plugins.ts';
export {
  formatProvidedInWords,
  listProvided,
  type ProvidedNames,
} from './provides.ts';
export { describeValue, findShapeFault } from './shape.ts';
