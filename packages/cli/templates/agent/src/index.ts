import { createRequire } from 'node:module';
import { defineAgent, definePlugin, type PluginHook } from '@cooperbench/core';
import { type Options, options } from './options.ts';

/** Users select it with `--agent __name__`. */
const name = '__name__';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const plugin: PluginHook = definePlugin({
  name: '__package__',
  version,
  apiVersion: 1,
  agents: {
    // Import the framework here, so that the command line starts fast.
    [name]: defineAgent<Options>({
      options,
      // Code of this package chooses the commands. Remove this line when a model does: CooperBench then isolates its work.
      untrusted: () => false,
      // The agent calls no model. Remove this line when it does.
      usesModel: false,
      create: async (given) => (await import('./agent.ts')).createAgent(given),
    }),
  },
});

export default plugin;
