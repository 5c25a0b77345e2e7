import type { FlagInput } from '@oclif/core/interfaces';
import type { Configuration } from './configuration.ts';

/** The key of the setting that a flag has, by its environment variable: `COOPERBENCH_MAX_COST` is `maxCost`. */
export function keyOfFlag({ env }: { readonly env?: string }): string | undefined {
  if (!env?.startsWith('COOPERBENCH_')) return undefined;
  const words = env.slice('COOPERBENCH_'.length).toLowerCase();
  return words.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** What of the configuration files the command line asks for. */
export interface Chosen {
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
}

/**
 * The flags with what is configured as their defaults, so that oclif itself lets the command line and the environment go
 * before it. Help shows the commands' own flags, and those defaults.
 */
export function configuredFlags<F extends FlagInput>(
  flags: F,
  load: (chosen: Chosen) => Promise<Configuration>,
): F {
  const entries = Object.entries(flags).map(([name, flag]) => {
    const key = keyOfFlag(flag);
    if (key === undefined || ('multiple' in flag && flag.multiple)) return [name, flag];
    const configured = async (context: { flags: object }): Promise<unknown> => {
      const { values } = await load(context.flags);
      const value = (values as Record<string, unknown>)[key];
      // The one setting with a second variable, which goes before files as every variable does.
      const elsewhere = key === 'redis' && process.env.REDIS_URL;
      if (value === undefined || elsewhere) return ownDefault(flag.default, context);
      return typeof value === 'string' ? flag.parse?.(value as never, {} as never, flag as never) : value;
    };
    return [name, { ...flag, default: configured }];
  });
  return Object.fromEntries(entries) as F;
}

function ownDefault(value: unknown, context: object): unknown {
  return typeof value === 'function' ? value(context) : value;
}
