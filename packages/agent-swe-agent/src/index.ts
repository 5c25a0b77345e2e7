import { providers } from '@cooperbench/agent-kit/providers';
import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { createMiniLayer, createSweLayer } from './layers.ts';
import { protocols } from './litellm.ts';
import { type MiniOptions, miniOptions, type SweAgentOptions, sweOptions } from './options.ts';

const called = Object.values(providers).filter(({ protocol }) => protocols.includes(protocol));
const keys = [...new Set(called.flatMap((provider) => provider.keys)), 'COOPERBENCH_API_KEY'];

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'agents/mini_swe_agent_cli': MiniOptions;
    'agents/swe_agent': SweAgentOptions;
  }
}

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-swe-agent',
  version: pkg.version,
  apiVersion: 1,
  agents: {
    mini_swe_agent_cli: {
      short: 'mini',
      options: miniOptions,
      keys,
      layers: (options: MiniOptions) => [createMiniLayer(options)],
      create: async (options: MiniOptions) =>
        (await import('./mini-swe-agent.ts')).createMiniSweAgentCli(options),
    },
    swe_agent: {
      short: 'sa',
      options: sweOptions,
      keys,
      layers: (options: SweAgentOptions) => [createSweLayer(options)],
      create: async (options: SweAgentOptions) => (await import('./swe-agent.ts')).createSweAgent(options),
    },
  },
});

export default plugin;
