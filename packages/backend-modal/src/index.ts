import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import type { ModalBackend } from './modal-backend.ts';
import { type ModalOptions, optionsSchema } from './options.ts';

export type { ModalBackend } from './modal-backend.ts';
export { type ModalOptions, optionsSchema } from './options.ts';

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/backend-modal',
  version: pkg.version,
  apiVersion: 1,
  backends: {
    modal: {
      options: optionsSchema,
      create: async (options: ModalOptions) => new (await import('./modal-backend.ts')).ModalBackend(options),
    },
  },
});

export default plugin;

/** Creates the plugin's backend, without validation of its options. */
export async function createModalBackend(options?: ModalOptions): Promise<ModalBackend> {
  return new (await import('./modal-backend.ts')).ModalBackend(options);
}
