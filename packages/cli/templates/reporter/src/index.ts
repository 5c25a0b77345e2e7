import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';

/** Users select it with `--reporter __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Lets `defineConfig` check these options. */
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'reporters/__name__': Options;
  }
}

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  reporters: {
    // Imports the reporter only when a run needs it, so that the command line starts fast.
    [name]: {
      options,
      create: async (options: Options) => (await import('./reporter.ts')).createReporter(options),
    },
  },
});

export default plugin;
