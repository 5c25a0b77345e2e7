import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';
import { createSetting } from './setting.ts';

/** Users select it with `--setting __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Lets `defineConfig` check these options. */
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'settings/__name__': Options;
  }
}

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  settings: {
    // Planning is synchronous, so `create` returns the setting itself, not a promise.
    [name]: { options, create: createSetting },
  },
});

export default plugin;
