import {
  buildTuningOptions,
  formatAssignments,
  frameworkLayer,
  frameworkOptions,
  unpackFromNpm,
} from '@cooperbench/agent-kit/definition';
import { apis, providers } from '@cooperbench/agent-kit/providers';
import type { AgentDefinition, JsonSchema, Layer } from '@cooperbench/core';
import { type CliOptions, optionsSchema } from './options.ts';
import type { CliPreset, PresetOptions } from './presets.ts';

/** Creates the layer that the configuration describes. */
export function createCliLayer({ name, install, registry = '', command }: CliOptions): Layer {
  const program = `'${(command[0] ?? '').replaceAll("'", "'\\''")}'`;
  return {
    key: name,
    install:
      install === undefined
        ? ':'
        : `set -e\n${formatAssignments({ registry: registry.replace(/\/+$/, '') })}${unpackFromNpm}${install}`,
    check: `command -v ${program} >/dev/null || { printf 'it has no command %s\\n' ${program} >&2; exit 1; }`,
  };
}

export const cliAgent: AgentDefinition = {
  short: 'cli',
  options: optionsSchema,
  keys: [...new Set(Object.values(providers).flatMap(({ keys }) => keys)), 'COOPERBENCH_API_KEY'],
  layers: (options: CliOptions) => [createCliLayer(options)],
  create: async (options: CliOptions) => (await import('./agent.ts')).createConfiguredCli(options),
};

/** Creates the layer of a preset: the version of the user, or a check for the command of the user. */
export function createPresetLayer(
  { program, version, install, check }: CliPreset,
  options: PresetOptions,
): Layer {
  const name = program.replace(/^.*\//, 'cli-');
  const layer = frameworkLayer({ name, program, version, install }, options);
  return check === undefined
    ? layer
    : { ...layer, check: `set -- '${options.command ?? program}'\n${check}` };
}

const openaiKeys = new Set(
  Object.values(providers).flatMap(({ protocol, keys }) => (apis.openai.includes(protocol) ? keys : [])),
);

/** Creates the agent of a preset, which speaks the API `openai`. */
export function createPresetAgent(name: string, preset: CliPreset): AgentDefinition {
  const { title, short, version, tuning, retries } = preset;
  const extraOptions = buildTuningOptions(title, ['low', 'medium', 'high'], tuning);
  const schema = frameworkOptions(
    { title, version, registry: 'pip', retries: retries ?? { default: 0, maximum: 0 } },
    extraOptions,
  );
  const { retries: _, ...others } = schema.properties as Record<string, JsonSchema>;
  return {
    short,
    options: retries === undefined ? { ...schema, properties: others } : schema,
    keys: [...openaiKeys, 'COOPERBENCH_API_KEY'],
    layers: (options: PresetOptions) => [createPresetLayer(preset, options)],
    create: async (options: PresetOptions) =>
      (await import('./agent.ts')).createConfiguredCli(
        buildPresetOptions(preset, options),
        process.env,
        name,
      ),
  };
}

/** Builds the options of `cli` that a preset sets. */
export function buildPresetOptions(
  { program, version, options }: CliPreset,
  givenOptions: PresetOptions = {},
): CliOptions {
  const { command = program, price, logRequests, providerFeatures } = givenOptions;
  const name = `${program.replace(/^.*\//, '')}-${givenOptions.version ?? version}`;
  return { name, ...options(command, givenOptions), price, logRequests, providerFeatures };
}
