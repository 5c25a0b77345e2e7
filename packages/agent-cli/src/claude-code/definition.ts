import {
  type FrameworkOptions,
  frameworkLayer,
  frameworkOptions,
  tuningOptions,
  unpackFromNpm,
} from '@cooperbench/agent-kit/definition';
import { providers } from '@cooperbench/agent-kit/providers';
import type { AgentDefinition, Layer } from '@cooperbench/core';
import type { AgentOptions } from '../options.ts';

const title = 'Claude Code';
/** The version that the tests run. */
const version = '2.1.330';

/** Claude Code for the sandbox: the binary of its npm package, on PATH as `claude`. */
export const claudeCodeLayer = (options: FrameworkOptions): Layer =>
  frameworkLayer({ name: 'claude-code', program: 'claude', version, install }, options);

const install = `${unpackFromNpm}
arch=$(arch)
libc=-musl
for loader in /lib/ld-linux-* /lib64/ld-linux-*; do
  if [ -e "$loader" ]; then libc=; fi
done
mkdir -p /opt/claude-code /usr/local/bin
cd /opt/claude-code
unpack "@anthropic-ai/claude-code-linux-$arch$libc" "$version"
chmod 755 package/claude
ln -sf /opt/claude-code/package/claude /usr/local/bin/claude`;

const { anthropic, litellm_proxy: proxy } = providers;

export const claudeCodeAgent: AgentDefinition = {
  short: 'cc',
  options: frameworkOptions(
    { title, version, registry: 'npm', retries: { default: 8, maximum: 15 } },
    tuningOptions(title, ['low', 'medium', 'high', 'xhigh', 'max'], ['effort', 'contextWindow']),
  ),
  keys: [...(anthropic?.keys ?? []), ...(proxy?.keys ?? []), 'COOPERBENCH_API_KEY'],
  layers: (options: AgentOptions) => [claudeCodeLayer(options)],
  create: async (options: AgentOptions) => (await import('./agent.ts')).claudeCode(options),
};
