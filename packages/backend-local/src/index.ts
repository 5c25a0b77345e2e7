import { definePlugin, type JsonSchema, objectSchema, option, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import type { LocalOptions } from './options.ts';

/** The schema of the options of `--backend local`. */
export const optionsSchema: JsonSchema = objectSchema<LocalOptions>({
  isolation: option.oneOf(
    ['auto', 'bubblewrap', 'none'],
    'auto: bubblewrap where it works, plain processes otherwise.',
    { default: 'auto' },
  ),
  network: option.flag(
    "Sandboxes share the host's network, with its loopback. Plain processes always do. Refused for a model's commands.",
  ),
  setupNetwork: option.flag("setup.sh shares the host's network, with its loopback."),
  unisolated: option.flag("A model's commands may run as plain processes of this machine."),
  tools: option.list(
    { type: 'string', minLength: 1 },
    'Executables whose installation is shown to sandboxes when it is outside /usr. By default node and python3.',
  ),
});

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'backends/local': LocalOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/backend-local',
  version: pkg.version,
  apiVersion: 1,
  backends: {
    local: {
      options: optionsSchema,
      create: async (options: LocalOptions) => new (await import('./local-backend.ts')).LocalBackend(options),
    },
  },
});

export default plugin;
