/** The plugins that the command finds: bundled, installed, linked, or named by a configuration file. */
export { clonePackages, localCore, readPackage } from './clone.ts';
export { type FoundPlugins, mergePlugins } from './found-plugins.ts';
export { installedPlugins, type OclifPlugin, pluginPackages } from './installed.ts';
export { defaultNames, knownNames, packageWith } from './known-names.ts';
export { loadPlugin } from './load.ts';
export {
  changeList,
  installationsOf,
  type ListedPlugin,
  listedPlugins,
  lockPlugins,
} from './plugin-list.ts';
export { projectPlugins } from './project-plugins.ts';
export { type ProvidedNames, providedBy, providedInWords } from './provides.ts';
export { describeValue, shapeFault } from './shape.ts';
