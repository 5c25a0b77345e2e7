import { createRequire } from 'node:module';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';

/** Users select it with `--agent __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** Lets `defineConfig` check these options. */
declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'agents/__name__': Options;
  }
}

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  agents: {
    [name]: {
      options,
      // Variables with keys. CooperBench hides them from everything else.
      keys: ['OPENAI_API_KEY', 'COOPERBENCH_API_KEY'],
      // The software that its sandboxes need. `install` is POSIX sh that adds it to an image, as root with network;
      // `frameworkLayer` and `unpackFromNpm` of agent-kit help. The key changes with what it installs. Here an image has it.
      layers: () => [{ key: 'node', install: ':', check: 'node --version' }],
      // Imported when it is used, so that the command line starts fast.
      create: async (options: Options) => (await import('./agent.ts')).createAgent(options),
    },
  },
});

export default plugin;
