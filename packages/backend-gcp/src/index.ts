import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import type { GcpBackend } from './gcp-backend.ts';
import { type GcpOptions, optionsSchema } from './options.ts';

export type { GcpBackend } from './gcp-backend.ts';
export { type GcpOptions, optionsSchema } from './options.ts';

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'backends/gcp': GcpOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/backend-gcp',
  version: pkg.version,
  apiVersion: 1,
  backends: {
    gcp: {
      options: optionsSchema,
      create: async (options: GcpOptions) => new (await import('./gcp-backend.ts')).GcpBackend(options),
    },
  },
});

export default plugin;

/** Creates the plugin's backend, without validation of its options. */
export async function createGcpBackend(options?: GcpOptions): Promise<GcpBackend> {
  return new (await import('./gcp-backend.ts')).GcpBackend(options);
}
