import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';

export type PluginOptions = Record<string, Record<string, unknown>>;

/**
 * `NAME.KEY=VALUE` each, as the options of what is called NAME. A value that reads as JSON is that, any other is text.
 * One string, as from the environment, holds several apart by spaces. @throws ConfigError `OPTION_FLAG`.
 */
export function pluginOptions(
  flag: string,
  given: readonly string[] | string | undefined,
): PluginOptions | undefined {
  if (given === undefined) return undefined;
  const options: PluginOptions = {};
  for (const text of typeof given === 'string' ? given.split(/\s+/).filter(Boolean) : given) {
    const [, name, key, value] = /^([^.=\s]+)\.([^.=\s]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || key === undefined || value === undefined)
      throw new ConfigError('OPTION_FLAG', `--${flag} "${text}" is not NAME.KEY=VALUE.`, {
        hint: `Write for example --${flag} ${examples[flag]}.`,
      });
    options[name] = { ...options[name], [key]: jsonOrText(value) };
  }
  return options;
}

const examples: Readonly<Record<string, string>> = {
  'backend-option': 'docker.network=none',
  'bus-option': 'redis.ttlHours=48',
};

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const repeatable = { multiple: true, multipleNonGreedy: true } as const;

export const backendOption = Flags.string({
  summary: `An option of a backend, for example ${examples['backend-option']}. Repeatable.`,
  env: 'COOPERBENCH_BACKEND_OPTION',
  ...repeatable,
});

export const busOption = Flags.string({
  summary: `An option of a bus, for example ${examples['bus-option']}. Repeatable.`,
  env: 'COOPERBENCH_BUS_OPTION',
  ...repeatable,
});
