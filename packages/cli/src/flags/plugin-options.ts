import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';

export type PluginOptions = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const repeatable = { multiple: true, multipleNonGreedy: true } as const;

/** Flags that set what a plugin's part can be told. */
export const optionFlags = {
  'backend-option': Flags.string({
    summary: 'An option of a backend, for example docker.network=none. Repeatable.',
    env: 'COOPERBENCH_BACKEND_OPTION',
    ...repeatable,
  }),
  'bus-option': Flags.string({
    summary: 'An option of a bus, for example redis.ttlHours=48. Repeatable.',
    env: 'COOPERBENCH_BUS_OPTION',
    ...repeatable,
  }),
};

/**
 * `NAME.KEY=VALUE` each, as the options of what is called NAME. A value that reads as JSON is that, any other is text.
 * The environment holds several apart by spaces; the command line goes before it, and both before what is configured, key
 * by key.
 * @throws ConfigError `OPTION_FLAG`.
 */
export function pluginOptions(
  flag: keyof typeof optionFlags,
  /** oclif gives the environment's value as it is when the flag was not given. */
  given: readonly string[] | string | undefined,
  configured: PluginOptions = {},
): PluginOptions | undefined {
  const environment = process.env[optionFlags[flag].env ?? '']?.split(/\s+/).filter(Boolean) ?? [];
  const options: Record<string, Record<string, unknown>> = { ...configured };
  for (const text of [...environment, ...(Array.isArray(given) ? given : [])]) {
    const [, name, key, value] = /^([^.=\s]+)\.([^.=\s]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || key === undefined || value === undefined)
      throw new ConfigError('OPTION_FLAG', `--${flag} "${text}" is not NAME.KEY=VALUE.`, {
        hint: `Write for example --${flag} ${/\w+\.\S+=\w+/.exec(optionFlags[flag].summary ?? '')}.`,
      });
    options[name] = { ...options[name], [key]: jsonOrText(value) };
  }
  return Object.keys(options).length > 0 ? options : undefined;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
