import { definePlugin, objectSchema, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/network-registries',
  version: pkg.version,
  apiVersion: 1,
  networks: {
    registries: {
      options: objectSchema({}),
      create: async () => (await import('./registries-network.ts')).createRegistriesNetwork(),
    },
  },
});

export default plugin;
