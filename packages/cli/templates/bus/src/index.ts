import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';

/** Users select it with `--bus __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Lets `defineConfig` check these options. */
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'buses/__name__': Options;
  }
}

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  buses: {
    // Import the client of the broker here, so that the command line starts fast.
    [name]: {
      options,
      create: async (options: Options) => (await import('./bus.ts')).createBus(options),
    },
  },
});

export default plugin;
