import { definePlugin, type PluginHook } from '@cooperbench/core';
import pkg from '../package.json' with { type: 'json' };
import { claudeCodeAgent } from './claude-code/definition.ts';
import { codexAgent } from './codex/definition.ts';
import { cliAgent, createPresetAgent } from './configured/definition.ts';
import { presets } from './configured/presets.ts';

const plugin: PluginHook = definePlugin({
  name: '@cooperbench/agent-cli',
  version: pkg.version,
  apiVersion: 1,
  agents: {
    claude_code: claudeCodeAgent,
    codex: codexAgent,
    cli: cliAgent,
    ...Object.fromEntries(
      Object.entries(presets).map(([name, preset]) => [name, createPresetAgent(name, preset)]),
    ),
  },
});

export default plugin;
