import type { Plugin, PluginHook } from '../contracts/plugin.ts';

/** Makes a plugin the function that oclif calls. Default-export it, and name the file as the hook `cooperbench:plugin` in package.json. */
export function definePlugin(plugin: Plugin): PluginHook {
  return () => plugin;
}
