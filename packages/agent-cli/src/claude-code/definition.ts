import { readFileSync } from 'node:fs';
import {
  buildTuningOptions,
  type FrameworkOptions,
  frameworkLayer,
  frameworkOptions,
  unpackFromNpm,
} from '@cooperbench/agent-kit/definition';
import { providers } from '@cooperbench/agent-kit/providers';
import type { AgentDefinition, Layer } from '@cooperbench/core';
import type { AgentOptions } from '../options.ts';

const title = 'Claude Code';
/** The version that the tests run. */
const version = '2.1.330';

/** Claude Code for the sandbox: the binary of its npm package, on PATH as `claude`. */
export const createClaudeCodeLayer = (options: FrameworkOptions): Layer =>
  frameworkLayer({ name: 'claude-code', program: 'claude', version, install }, options);

const install = `${unpackFromNpm}${readFileSync(new URL('../../src/claude-code/install.sh', import.meta.url), 'utf8')}`;

const { anthropic, litellm_proxy: proxy } = providers;

export const claudeCodeAgent: AgentDefinition = {
  short: 'cc',
  options: frameworkOptions(
    { title, version, registry: 'npm', retries: { default: 8, maximum: 15 } },
    buildTuningOptions(title, ['low', 'medium', 'high', 'xhigh', 'max'], ['effort', 'contextWindow']),
  ),
  keys: [...(anthropic?.keys ?? []), ...(proxy?.keys ?? []), 'COOPERBENCH_API_KEY'],
  layers: (options: AgentOptions) => [createClaudeCodeLayer(options)],
  create: async (options: AgentOptions) => (await import('./agent.ts')).createClaudeCode(options),
};
