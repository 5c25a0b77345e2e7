import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { acpAgentDefinition, createPresetAgent } from './definition.ts';
import { presets } from './presets.ts';

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-acp',
  version: pkg.version,
  apiVersion: 1,
  agents: {
    acp: acpAgentDefinition,
    ...Object.fromEntries(
      Object.entries(presets).map(([name, preset]) => [name, createPresetAgent(name, preset)]),
    ),
  },
});

export default plugin;
