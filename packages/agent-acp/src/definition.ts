import { formatAssignments, frameworkLayer, unpackFromNpm } from '@cooperbench/agent-kit/definition';
import { apis, providers } from '@cooperbench/agent-kit/providers';
import type { AgentDefinition, Layer } from '@cooperbench/core';
import { type AcpOptions, acpSchema, type PresetOptions, presetSchema } from './options.ts';
import type { Preset } from './presets.ts';

const listKeys = (api: keyof typeof apis): readonly string[] => {
  const protocols: readonly string[] = apis[api];
  const rows = Object.values(providers).filter(({ protocol }) => protocols.includes(protocol));
  return [...new Set(rows.flatMap(({ keys }) => keys)), 'COOPERBENCH_API_KEY'];
};

/** Creates the layer of a preset: the version of the user, or a check for the command of the user. */
export function createPresetLayer({ command, version, install }: Preset, options: PresetOptions): Layer {
  const [program = ''] = command;
  return frameworkLayer({ name: `acp-${program}`, program, version, install }, options);
}

/** Creates the agent of a preset. */
export function createPresetAgent(name: string, preset: Preset): AgentDefinition {
  const { short, api, command, env, files } = preset;
  const templates = JSON.stringify([command, env, files]);
  return {
    short,
    options: presetSchema(preset, (name) => templates.includes(`{${name}}`)),
    keys: listKeys(api),
    layers: (options: PresetOptions) => [createPresetLayer(preset, options)],
    create: async (options: PresetOptions) =>
      (await import('./agent.ts')).createAcpAgent(name, buildProgram(preset, options), options),
  };
}

/** Builds the program of a preset, with the command and the version of the user. */
export function buildProgram(
  preset: Preset,
  { command, version }: PresetOptions = {},
): Preset & { name: string } {
  const [program = '', ...args] = preset.command;
  return {
    ...preset,
    name: `${program}-${version ?? preset.version}`,
    command: [command ?? program, ...args],
  };
}

/** Creates the layer that the options of `acp` describe. */
export function createAcpLayer({ name, install, registry = '', command }: AcpOptions): Layer {
  const program = `'${(command[0] ?? '').replaceAll("'", "'\\''")}'`;
  return {
    key: `acp-${name}`,
    install:
      install === undefined
        ? ':'
        : `set -e\n${formatAssignments({ registry: registry.replace(/\/+$/, '') })}${unpackFromNpm}${install}`,
    check: `command -v ${program} >/dev/null || { printf 'it has no command %s\\n' ${program} >&2; exit 1; }`,
  };
}

/** The agent that its options describe. */
export const acpAgentDefinition: AgentDefinition = {
  short: 'acp',
  options: acpSchema,
  keys: [...new Set([...listKeys('anthropic'), ...listKeys('openai'), ...listKeys('gemini')])],
  layers: (options: AcpOptions) => [createAcpLayer(options)],
  create: async (options: AcpOptions) => (await import('./agent.ts')).createAcpAgent('acp', options, options),
};
