import { defineBackend, definePlugin, type PluginHook } from '@cooperbench/core';
import { Type } from 'typebox';
import pkg from '../package.json' with { type: 'json' };

const options = Type.Object(
  {
    isolation: Type.Optional(
      Type.Union([Type.Literal('auto'), Type.Literal('bubblewrap'), Type.Literal('none')], {
        description: 'auto: bubblewrap where it works, plain processes otherwise.',
        default: 'auto',
      }),
    ),
    network: Type.Optional(
      Type.Boolean({
        description: "Sandboxes may use the host's network. Plain processes always can.",
        default: false,
      }),
    ),
    unisolated: Type.Optional(
      Type.Boolean({
        description: "A model's commands may run as plain processes of this machine.",
        default: false,
      }),
    ),
    tools: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description:
          'Executables whose installation is shown to sandboxes when it is outside /usr. By default node and python3.',
      }),
    ),
  },
  { additionalProperties: false },
);

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/backend-local',
  version: pkg.version,
  apiVersion: 1,
  backends: {
    local: defineBackend({
      options,
      create: async (given) => new (await import('./local-backend.ts')).LocalBackend(given),
    }),
  },
});

export default plugin;
