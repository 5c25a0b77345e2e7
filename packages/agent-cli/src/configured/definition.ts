import { unpackFromNpm } from '@cooperbench/agent-kit/definition';
import { providers } from '@cooperbench/agent-kit/providers';
import { type AgentDefinition, defineAgent, type Layer } from '@cooperbench/core';
import { type CliOptions, optionsSchema } from './options.ts';

/** The layer that the configuration describes. */
export function cliLayer({ name, install, registry = '', command }: CliOptions): Layer {
  const program = `'${(command[0] ?? '').replaceAll("'", "'\\''")}'`;
  return {
    key: name,
    install:
      install === undefined
        ? ':'
        : `set -e\nregistry='${registry.replace(/\/+$/, '')}'\n${unpackFromNpm}\n${install}`,
    check: `command -v ${program} >/dev/null || { printf 'it has no command %s\\n' ${program} >&2; exit 1; }`,
  };
}

export const cliAgent: AgentDefinition = defineAgent<CliOptions>({
  short: 'cli',
  options: optionsSchema,
  keys: [...new Set(Object.values(providers).flatMap(({ keys }) => keys)), 'COOPERBENCH_API_KEY'],
  layers: (given) => [cliLayer(given)],
  create: async (given) => (await import('./agent.ts')).configuredCli(given),
});
