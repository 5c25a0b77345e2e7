import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import type { DockerBackend } from './docker-backend.ts';
import { type DockerOptions, optionsSchema } from './options.ts';

export type { DockerBackend } from './docker-backend.ts';
export { type DockerOptions, optionsSchema } from './options.ts';

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'backends/docker': DockerOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/backend-docker',
  version: pkg.version,
  apiVersion: 1,
  backends: {
    docker: {
      options: optionsSchema,
      create: async (options: DockerOptions) =>
        new (await import('./docker-backend.ts')).DockerBackend(options),
    },
  },
});

export default plugin;

/** Creates the plugin's backend, without validation of its options. */
export async function createDockerBackend(options?: DockerOptions): Promise<DockerBackend> {
  return new (await import('./docker-backend.ts')).DockerBackend(options);
}
