import {
  type Configuration,
  findOrigin,
  fitPluginOptions,
  type ParsedCommand,
} from '@cooperbench/command/config';
import { type RunFlags, runOptions } from '@cooperbench/command/settings';
import { ConfigError, CooperBenchError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import type { RunOptions } from '@cooperbench/runs';
import type { FlagInput } from '@oclif/core/interfaces';
import { type ExperimentRun, expand } from './experiments.ts';
import { refuseVaried } from './refuse-varied.ts';

/** A command line of `run`, or of another command with the same flags. */
export interface RunCommand {
  readonly parsed: ParsedCommand;
  readonly definitions: FlagInput;
  readonly registry: Registry;
  /** Parses the same command line again with another configuration. */
  parse(configuration: Configuration): Promise<ParsedCommand & { readonly flags: RunFlags }>;
  /** Begins an error with the place of the wrong value. */
  placed(error: unknown, parsed: ParsedCommand): Promise<unknown>;
}

export interface PlannedRun<P> extends ExperimentRun {
  readonly options: RunOptions;
  readonly plan: P;
  /** Begins an error of this run with the place of the wrong value. */
  placed(error: unknown): Promise<unknown>;
}

/** Plans every run of an experiment before any of them starts. @throws ConfigError. */
export async function planExperiment<P>(
  experiment: string,
  { parsed, definitions, registry, parse, placed }: RunCommand,
  plan: (options: RunOptions) => P,
): Promise<PlannedRun<P>[]> {
  const runs = expand(experiment, parsed.configuration, registry);
  refuseVaried(experiment, runs, definitions, parsed);
  const origin = findOrigin(parsed.configuration, experiment);
  const ready = await Promise.all(
    runs.map(async (run) => {
      fitPluginOptions(registry, run.configuration);
      const parsedOutput = await parse(run.configuration);
      const options = { ...runOptions(parsedOutput, definitions, registry), runName: run.name, origin };
      return { ...run, options, own: parsedOutput };
    }),
  );
  const plans = await planEach(
    experiment,
    ready,
    ({ options }) => plan(options),
    (error, { own }) => placed(error, own),
  );
  return ready.map(({ own, ...run }, index) => ({
    ...run,
    plan: plans[index] as P,
    placed: (error) => placed(error, own),
  }));
}

/** Errors that a combination of values may cause although each value alone is valid. */
const combined = new Set([
  'UNKNOWN_SEAT',
  'UNKNOWN_REPO',
  'UNKNOWN_TASK',
  'UNKNOWN_FEATURE',
  'NOTHING_MATCHES',
]);

/** Plans each run. If all runs have the same error, throws it as it is. Otherwise the first error names its run. */
async function planEach<R extends ExperimentRun, P>(
  experiment: string,
  runs: readonly R[],
  plan: (run: R) => P,
  placed: (error: unknown, run: R) => Promise<unknown>,
): Promise<P[]> {
  const plans: P[] = [];
  const failedRuns: { run: R; error: unknown }[] = [];
  for (const run of runs) {
    try {
      plans.push(plan(run));
    } catch (error) {
      failedRuns.push({ run, error });
    }
  }
  const [first] = failedRuns;
  if (first === undefined) return plans;
  const { run, error } = first;
  if (!CooperBenchError.is(error)) throw error;
  if (
    failedRuns.every((otherFailure) => (otherFailure.error as Error).message === error.message) &&
    plans.length === 0
  )
    throw await placed(error, run);
  throw await placed(nameExperiment(error, run, experiment), run);
}

function nameExperiment(
  error: CooperBenchError,
  { name, varied }: ExperimentRun,
  experiment: string,
): ConfigError {
  const { code, message, hint, about } = error;
  const excludeHint = `Or exclude this run: add ${JSON.stringify(varied)} to experiments.${experiment}.exclude.`;
  const hints = [hint, combined.has(code) ? excludeHint : undefined].filter((line) => line !== undefined);
  return new ConfigError(code, `${name}: ${message}`, { hint: hints.join('\n'), about, cause: error });
}
