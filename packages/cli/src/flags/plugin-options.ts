import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { Registry, RunOptions } from '@cooperbench/core/host';
import * as Flags from '@oclif/core/flags';
import type { Settings } from '../config/schema.ts';

export type PluginOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** An option flag's name. */
export type OptionFlag = keyof typeof optionFlags;

const optionFlag = (of: string, example: string, env: string) =>
  Flags.string({
    summary: `An option of ${of}, for example ${example}. Repeatable.`,
    env,
    multiple: true,
    multipleNonGreedy: true,
  });

/** Flags that set what a plugin's part can be told. */
export const optionFlags = {
  'agent-option': optionFlag('an agent', 'my_agent.temperature=0', 'COOPERBENCH_AGENT_OPTION'),
  'backend-option': optionFlag('a backend', 'docker.network=none', 'COOPERBENCH_BACKEND_OPTION'),
  'bus-option': optionFlag('a bus', 'redis.ttlHours=48', 'COOPERBENCH_BUS_OPTION'),
  'evaluator-option': optionFlag('an evaluator', 'my_evaluator.strict=true', 'COOPERBENCH_EVALUATOR_OPTION'),
};

/** The key in configuration files that says the same as a flag. */
export const optionKeys = {
  'agent-option': 'agents',
  'backend-option': 'backends',
  'bus-option': 'buses',
  'evaluator-option': 'evaluators',
} as const satisfies Record<OptionFlag, keyof Settings>;

/** oclif gives the environment's value as it is when the flag was not given. */
type Given = { readonly [flag in OptionFlag]?: readonly string[] | string | undefined };

/** What all parts of plugins are told, as core takes it. @throws as pluginOptions. */
export function allPluginOptions(
  flags: Given,
  configured: Settings,
  registry: Registry,
): Pick<RunOptions, 'agentOptions' | 'backendOptions' | 'busOptions' | 'evaluatorOptions'> {
  const of = (flag: OptionFlag): PluginOptions | undefined =>
    pluginOptions(flag, flags, configured, registry);
  return {
    agentOptions: of('agent-option'),
    backendOptions: of('backend-option'),
    busOptions: of('bus-option'),
    evaluatorOptions: of('evaluator-option'),
  };
}

/**
 * `NAME.KEY=VALUE` each, as the options of what is called NAME. Where its schema wants a text, a value is that; elsewhere
 * one that reads as JSON is that, and any other is text. The environment holds several apart by spaces; the command line
 * goes before it, and both before what is configured, key by key.
 * @throws ConfigError `OPTION_FLAG`, `UNKNOWN_BACKEND` and its like.
 */
export function pluginOptions(
  flag: OptionFlag,
  flags: Given,
  configured: Settings,
  /** Absent: a name may be any. */
  registry?: Registry,
): PluginOptions | undefined {
  const { env = '', summary = '' } = optionFlags[flag];
  const environment = process.env[env]?.split(/\s+/).filter(Boolean) ?? [];
  const given = flags[flag];
  const options: Record<string, Record<string, unknown>> = { ...configured[optionKeys[flag]] };
  const said = [
    ...environment.map((text) => [env, text] as const),
    ...(Array.isArray(given) ? given : []).map((text) => [`--${flag}`, text] as const),
  ];
  for (const [by, text] of said) {
    const [, name, key, value] = /^([^.=\s]+)\.([^.=\s]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || key === undefined || value === undefined)
      throw new ConfigError('OPTION_FLAG', `${by} "${text}" is not NAME.KEY=VALUE.`, {
        hint: `Write for example --${flag} ${/\w+\.\S+=\w+/.exec(summary)}.`,
      });
    const wanted = registry && propertyOf(registry, flag, name, `${by} ${name}.${key}`, key);
    options[name] = { ...options[name], [key]: wanted?.type === 'string' ? value : jsonOrText(value) };
  }
  return Object.keys(options).length > 0 ? options : undefined;
}

interface Property {
  readonly type?: unknown;
}

function propertyOf(
  registry: Registry,
  flag: OptionFlag,
  name: string,
  said: string,
  key: string,
): Property | undefined {
  try {
    const schema = registry.get(optionKeys[flag], name).options as
      | { properties?: Readonly<Record<string, Property>> }
      | undefined;
    return schema?.properties?.[key];
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    throw new ConfigError(error.code, `${said}: ${error.message}`, { hint: error.hint });
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
