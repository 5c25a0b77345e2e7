import { ConfigError } from '@cooperbench/core/errors';
import type { FlagInput } from '@oclif/core/interfaces';
import type { ExperimentRun } from '../config/experiments.ts';
import { keyOfFlag } from '../config/settings.ts';

/**
 * A flag or a variable would give every run of an experiment the same value, also of what the experiment varies.
 * @throws ConfigError `EXPERIMENT_FLAG`.
 */
export function refuseVaried(
  experiment: string,
  runs: readonly ExperimentRun[],
  flags: FlagInput,
  parsed: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>>,
  environment: NodeJS.ProcessEnv = process.env,
): void {
  const varied = new Set(['name', ...runs.flatMap(({ varied }) => Object.keys(varied))]);
  for (const [name, flag] of Object.entries(flags)) {
    if (!varied.has(keyOfFlag(flag) ?? '') || parsed[name]?.setFromDefault) continue;
    const said =
      flag.env !== undefined && environment[flag.env] ? `${flag.env} is set` : `--${name} is given`;
    throw new ConfigError(
      'EXPERIMENT_FLAG',
      `${said}, and the experiment "${experiment}" sets it for each run.`,
      {
        hint: 'Leave it out, or run one of the runs by itself, without --experiment.',
      },
    );
  }
}
