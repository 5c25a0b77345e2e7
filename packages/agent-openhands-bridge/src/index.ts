import { providers } from '@cooperbench/agent-kit/providers';
import { type AgentDefinition, definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { openHandsLayer } from './layer.ts';
import { type OpenHandsOptions, optionsSchema } from './options.ts';

const keys = [
  ...new Set(Object.values(providers).flatMap((provider) => provider.keys)),
  'COOPERBENCH_API_KEY',
];

const createAgent = (name: string, shortName: string): AgentDefinition => ({
  short: shortName,
  options: optionsSchema,
  keys,
  layers: (options: OpenHandsOptions) => [openHandsLayer(options)],
  create: async (options: OpenHandsOptions) =>
    (await import('./openhands.ts')).openHands(options, process.env, name),
});

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'agents/openhands': OpenHandsOptions;
    'agents/openhands_sdk': OpenHandsOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-openhands-bridge',
  version: pkg.version,
  apiVersion: 1,
  agents: { openhands: createAgent('openhands', 'oh'), openhands_sdk: createAgent('openhands_sdk', 'ohs') },
});

export default plugin;
