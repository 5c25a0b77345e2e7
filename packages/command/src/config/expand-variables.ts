import { ConfigError } from '@cooperbench/core/errors';
import type { ConfigSource } from './configuration.ts';
import { dotEnvMaySet } from './dot-env.ts';

export interface ExpandOptions {
  readonly source: Pick<ConfigSource, 'at' | 'owner'>;
  readonly environment: NodeJS.ProcessEnv;
  /** The path of the value in the file. */
  readonly path?: readonly string[];
}

/** Replaces the variables in a text. @throws ConfigError `CONFIG_VARIABLE`. */
export function expandVariables(text: string, { source, environment, path = [] }: ExpandOptions): string {
  const describePlace = (): string => `${source.at(path)}: ${path.join('.')}`;
  return text.replaceAll(
    /\$(\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?/g,
    (
      _,
      escaped: string | undefined,
      name: string | undefined,
      otherwise: string | undefined,
      offset: number,
    ) => {
      if (escaped !== undefined) return escaped;
      if (name === undefined)
        throw new ConfigError(
          'CONFIG_VARIABLE',
          `${describePlace()}: "${text.slice(offset)}" is not a variable.`,
          {
            hint: 'Write ${NAME} or ${NAME:-default}, with the closing brace, or $${ for ${ itself.',
          },
        );
      const value = environment[name] || (otherwise ?? environment[name]);
      if (value !== undefined) return value;
      throw new ConfigError('CONFIG_VARIABLE', `${describePlace()}: the variable ${name} is not set.`, {
        hint: `Set ${name} in the environment${dotEnvMaySet(name) ? ' or in .env' : ''}, or write \${${name}:-…} to give a default.`,
      });
    },
  );
}
