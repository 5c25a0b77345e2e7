/** The plugins that the command finds: bundled, installed, linked, or named by a configuration file. */
export { clonePackages, findLocalCore as localCore, readPackage } from './clone.ts';
export { type FoundPlugins, mergePlugins } from './found-plugins.ts';
export {
  listPluginPackages as pluginPackages,
  loadInstalledPlugins as installedPlugins,
  type OclifPlugin,
} from './installed.ts';
export { buildPackageWith as packageWith, defaultNames, knownNames } from './known-names.ts';
export { loadPlugin } from './load.ts';
export {
  changeList,
  getInstallations as installationsOf,
  type ListedPlugin,
  listListedPlugins as listedPlugins,
  lockPlugins,
} from './plugin-list.ts';
export { loadProjectPlugins as projectPlugins } from './project-plugins.ts';
export {
  formatProvidedInWords as providedInWords,
  listProvided as providedBy,
  type ProvidedNames,
} from './provides.ts';
export { describeValue, findShapeFault as shapeFault } from './shape.ts';
