import { findFlagOrigin, type ParsedCommand } from '@cooperbench/command/config';
import { findSetting, seatFlags } from '@cooperbench/command/settings';
import { ConfigError } from '@cooperbench/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import type { ExperimentRun } from './experiments.ts';

/**
 * Refuses flags and variables for settings that the experiment varies: every run would get the same value.
 * @throws ConfigError `EXPERIMENT_FLAG`.
 */
export function refuseVaried(
  experiment: string,
  runs: readonly ExperimentRun[],
  flags: FlagInput,
  parsed: ParsedCommand,
): void {
  const variedNames = new Set(['name', ...runs.flatMap(({ varied }) => Object.keys(varied))]);
  for (const [name, flag] of Object.entries(flags)) {
    const givenText =
      name in seatFlags
        ? findGivenSeatText(name, variedNames, parsed)
        : findGivenText(name, flag, variedNames, parsed);
    if (givenText === undefined) continue;
    throw new ConfigError(
      'EXPERIMENT_FLAG',
      `${givenText}, and the experiment "${experiment}" sets it for each run.`,
      {
        hint: 'Remove it, or start one of the runs by itself, without --experiment.',
      },
    );
  }
}

function findGivenText(
  name: string,
  flag: FlagInput[string],
  variedNames: ReadonlySet<string>,
  parsed: ParsedCommand,
): string | undefined {
  const key = findSetting(flag);
  if (key === undefined || !variedNames.has(key) || parsed.metadata.flags[name]?.setFromDefault)
    return undefined;
  const origin = findFlagOrigin(parsed, name, key, flag);
  return `${origin.name} is ${origin.kind === 'flag' ? 'given' : 'set'}`;
}

/** Flags of seats have no variables. */
function findGivenSeatText(
  name: string,
  variedNames: ReadonlySet<string>,
  { raw }: ParsedCommand,
): string | undefined {
  const isTyped = raw.some((token) => token.type === 'flag' && token.flag === name);
  return isTyped && variedNames.has('seats') ? `--${name} is given` : undefined;
}
