import { describeError, isAbort } from '@cooperbench/command';
import { count } from '@cooperbench/command/figures';
import { ConfigError } from '@cooperbench/core/errors';
import { maskSecrets } from '@cooperbench/core/host';
import {
  findNamedSeats,
  type RunOptions,
  type RunOutcome,
  type RunPlan,
  readFinishedTrials,
} from '@cooperbench/runs';
import { exitCodeOfRun } from '../base/exit-code.ts';
import { withBaselines } from './baselines.ts';
import type { ExperimentResult, RunResult, SeatOfRun } from './experiment-result.ts';
import type { ExperimentRun } from './experiments.ts';

interface RunOfExperiment extends ExperimentRun {
  readonly options: RunOptions;
  readonly seats: RunResult['seats'];
  /** Resolves with USD that the run has spent so far. */
  spent(): Promise<number>;
}

/**
 * Runs the runs of an experiment one after the other. A run that cannot start or stops early does not stop the others. An
 * interruption does. The budget covers the whole experiment, including what earlier commands spent on its runs.
 */
export async function runExperiment(
  planned: readonly RunOfExperiment[],
  failUnder: number | undefined,
  execute: (options: RunOptions, part: string) => Promise<RunOutcome>,
  printError: (error: Error) => void,
): Promise<ExperimentResult> {
  const runs: RunResult[] = [];
  const spentByRun: number[] = [];
  for (const run of planned) spentByRun.push(await run.spent());
  const totalSpent = (): number => spentByRun.reduce((sum, cost) => sum + cost, 0);
  for (const [index, { name, varied, seats, options, ...run }] of planned.entries()) {
    const result = { name, varied, seats, baselines: [] };
    const part = `run ${index + 1} of ${planned.length}`;
    try {
      const spentUsd = totalSpent() - (spentByRun[index] ?? 0);
      const { runDir, summary, stopped } = await execute({ ...options, spentUsd }, part);
      spentByRun[index] = summary.total_cost;
      if (stopped) printError(stopped);
      const exit_code = exitCodeOfRun({ summary, stopped }, failUnder);
      const error = stopped && { error: buildError(stopped) };
      runs.push({ ...result, log_dir: runDir, exit_code, summary, ...error });
    } catch (error) {
      if (isAbort(error)) throw error;
      spentByRun[index] = await run.spent();
      const failure = withExperimentHint(error);
      printError(failure);
      const { code, text, exitCode } = describeError(failure, []);
      runs.push({ ...result, exit_code: exitCode, error: { code, message: text } });
    }
  }
  const cost_known = runs.every(({ summary }) => summary?.cost_known !== false);
  return { total_cost: totalSpent(), cost_known, runs: withBaselines(runs) };
}

/** Replaces a hint about `--name`, which an experiment does not accept. */
function withExperimentHint(error: unknown): Error {
  if (!ConfigError.is(error) || error.code !== 'RUN_DIFFERS') return error as Error;
  return new ConfigError(error.code, error.message, {
    hint: 'Give the experiment another "name", or run all trials again with --force.',
    cause: error,
  });
}

function buildError(error: Error): NonNullable<RunResult['error']> {
  const { code, text } = describeError(error, []);
  return { code, message: text };
}

/** Lists the seats of a planned run, each once. */
export function listSeatsOfRun({ trials }: Pick<RunPlan, 'trials'>): SeatOfRun[] {
  const choices = trials.flatMap(({ seats }) => seats);
  return findNamedSeats(trials).map((seat) => {
    const { baseUrl, configFile } = choices.find(({ plan }) => plan.id === seat.seat) ?? {};
    return {
      ...seat,
      ...(baseUrl !== undefined && { base_url: String(maskSecrets(baseUrl)) }),
      ...(configFile !== undefined && { agent_config: configFile }),
    };
  });
}

/** Says how much of an experiment that ended early remains, from the files of its runs. */
export async function remainingWork(
  experiment: string,
  plans: readonly Pick<RunPlan, 'runDir' | 'trials'>[],
): Promise<string> {
  const remaining: number[] = [];
  for (const plan of plans) remaining.push(plan.trials.length - (await readFinishedTrials(plan)).length);
  const finishedRuns = remaining.filter((trials) => trials === 0).length;
  const trials = remaining.reduce((sum, count) => sum + count, 0);
  return `The experiment ${experiment} has ${finishedRuns} of ${count(plans.length, 'run')} finished. Trials left: ${trials}. Repeat the command to resume.`;
}
