import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';

/** Users select it with `--channels __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Lets `defineConfig` check these options. */
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'channels/__name__': Options;
  }
}

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  channels: {
    // Add `usesBus: true` for a channel that calls `mailbox`: the run then opens a message bus.
    [name]: {
      options,
      create: async (options: Options) => (await import('./channel.ts')).createChannel(options),
    },
  },
});

export default plugin;
