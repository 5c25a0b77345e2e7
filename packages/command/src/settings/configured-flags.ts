import type { FlagInput } from '@oclif/core/interfaces';
import type { Configuration } from '../config/configuration.ts';
import { findSetting } from './flags.ts';

/** The flags that choose parts of the configuration files. */
export interface ConfigSelection {
  readonly profile?: string | undefined;
  readonly experiment?: string | undefined;
  /** Lets code of the project run. */
  readonly trust?: boolean | undefined;
  /** Ignores the files. */
  readonly 'no-config'?: boolean | undefined;
  /** Of a command that otherwise reads no file. */
  readonly project?: boolean | undefined;
}

/**
 * Returns the flags with configured values as their defaults. So oclif itself gives the command line and the environment
 * precedence. Help uses the original flags and their defaults.
 */
export function buildConfiguredFlags<F extends FlagInput>(
  flags: F,
  load: (selection: ConfigSelection) => Promise<Configuration>,
): F {
  const entries = Object.entries(flags).map(([name, flag]) => {
    const key = findSetting(flag);
    if (key === undefined || ('multiple' in flag && flag.multiple)) return [name, flag];
    const readConfigured = async (context: { flags: object }): Promise<unknown> => {
      const { values } = await load(context.flags);
      const value = values[key];
      if (value === undefined) return flag.default;
      return typeof value === 'string' ? flag.parse?.(value as never, {} as never, flag as never) : value;
    };
    return [name, { ...flag, default: readConfigured }];
  });
  return Object.fromEntries(entries) as F;
}
