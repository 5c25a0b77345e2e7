import { ConfigError } from '@cooperbench/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import { findFlagOrigin, type ParsedCommand } from '../config/origin.ts';
import { type FlagValues, flagOf, type SettingKey } from './values.ts';

/**
 * Drops a value that contradicts a value with higher precedence: `--bus memory` drops a `REDIS_URL`.
 * @throws ConfigError `OPTIONS_CONTRADICT` when neither takes precedence.
 */
export function removeContradictions<F extends FlagValues<'run'>>(
  parsed: ParsedCommand & { readonly flags: F },
  definitions: FlagInput,
): F {
  const { flags } = parsed;
  const [bus, redis, autoEval, failUnder] = (['bus', 'redis', 'autoEval', 'failUnder'] as const).map((key) =>
    buildOrigin(key, parsed, definitions),
  ) as [Origin, Origin, Origin, Origin];
  if (flags['fail-under'] !== undefined && !flags['auto-eval'] && failUnder.rank >= autoEval.rank)
    throw createContradictionError(
      `${failUnder.name} needs an evaluation, which ${autoEval.name} leaves out.`,
      'Remove one of them, or give --fail-under to cooperbench eval.',
    );
  if (flags.redis === undefined || flags.bus === undefined || flags.bus === 'redis') return flags;
  if (bus.rank === redis.rank)
    throw createContradictionError(
      `${redis.name} asks for Redis, but ${bus.name} for the bus "${flags.bus}".`,
      'Remove --redis or --bus.',
    );
  return { ...flags, [bus.rank > redis.rank ? 'redis' : 'bus']: undefined };
}

interface Origin {
  readonly name: string;
  /** The higher rank takes precedence. */
  readonly rank: number;
}

function buildOrigin(key: SettingKey, parsed: ParsedCommand, definitions: FlagInput): Origin {
  const flag = flagOf(key);
  const { kind, name } = findFlagOrigin(parsed, flag, key, definitions[flag] ?? {});
  const { layers } = parsed.configuration;
  const layer = layers.findLastIndex(({ values }) => values[key] !== undefined);
  return { name, rank: kind === 'flag' ? Infinity : kind === 'variable' ? layers.length : layer };
}

function createContradictionError(message: string, hint: string): ConfigError {
  return new ConfigError('OPTIONS_CONTRADICT', message, { hint });
}
