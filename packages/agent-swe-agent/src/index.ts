import { providers } from '@cooperbench/agent-kit/providers';
import { defineAgent, definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { miniLayer, sweLayer } from './layers.ts';
import { protocols } from './litellm.ts';
import { type MiniOptions, miniOptions, type SweAgentOptions, sweOptions } from './options.ts';

const called = Object.values(providers).filter(({ protocol }) => protocols.includes(protocol));
const keys = [...new Set(called.flatMap((provider) => provider.keys)), 'COOPERBENCH_API_KEY'];

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-swe-agent',
  version: pkg.version,
  apiVersion: 1,
  agents: {
    mini_swe_agent_cli: defineAgent<MiniOptions>({
      short: 'mini',
      options: miniOptions,
      keys,
      layers: (given) => [miniLayer(given)],
      create: async (given) => (await import('./mini-swe-agent.ts')).miniSweAgentCli(given),
    }),
    swe_agent: defineAgent<SweAgentOptions>({
      short: 'sa',
      options: sweOptions,
      keys,
      layers: (given) => [sweLayer(given)],
      create: async (given) => (await import('./swe-agent.ts')).sweAgent(given),
    }),
  },
});

export default plugin;
