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

/** The version that the tests run. */
const version = '0.169.0';

/** Codex for the sandbox: the binaries of its npm package, on PATH as `codex`. */
export const createCodexLayer = (options: FrameworkOptions): Layer =>
  frameworkLayer({ name: 'codex', program: 'codex', version, install }, options);

const install = `${unpackFromNpm}${readFileSync(new URL('../../src/codex/install.sh', import.meta.url), 'utf8')}`;

const { openai, litellm_proxy: proxy } = providers;

export const codexAgent: AgentDefinition = {
  short: 'cx',
  options: frameworkOptions(
    { title: 'Codex', version, registry: 'npm', retries: { default: 8, maximum: 15 } },
    buildTuningOptions(
      'Codex',
      ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
      ['effort', 'contextWindow'],
    ),
  ),
  keys: [...(openai?.keys ?? []), ...(proxy?.keys ?? []), 'COOPERBENCH_API_KEY'],
  layers: (options: AgentOptions) => [createCodexLayer(options)],
  create: async (options: AgentOptions) => (await import('./agent.ts')).codex(options),
};
