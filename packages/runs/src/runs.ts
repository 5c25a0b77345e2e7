import type { EvaluationSummary } from '@cooperbench/records';
import type { EvaluateOptions, RunOptions } from './options/options.ts';
import { planRun, type RunPlan } from './plan/plan.ts';
import type { RunCheck } from './run/check-run.ts';
import type { RunOutcome } from './run/run.ts';
import type { RunHost } from './services/run-host.ts';

/**
 * Plans, checks, executes and evaluates runs. Imports the code of an operation on its first call, because most commands
 * need little.
 */
export class Runs {
  readonly #host: RunHost;

  constructor(host: RunHost) {
    this.#host = host;
  }

  /** Plans a run. @throws ConfigError when an option names something that does not exist or does not fit. */
  plan(options: RunOptions): RunPlan {
    return planRun(this.#host.registry, options);
  }

  /**
   * Checks what `run` would do and refuse. Starts and writes nothing.
   * @throws ConfigError when the run cannot be planned at all.
   */
  async check(options: RunOptions): Promise<RunCheck> {
    const { checkRun } = await import('./run/check-run.ts');
    return checkRun(this.#host, options);
  }

  /**
   * Runs every trial that has no result yet, then evaluates. Resolves even when trials were lost or the run stopped
   * early. @throws ConfigError or PluginError before any trial starts; the signal's reason when aborted, after cleaning up.
   */
  async run(options: RunOptions): Promise<RunOutcome> {
    const { executeRun } = await import('./run/run.ts');
    return executeRun(this.#host, options);
  }

  /**
   * Evaluates a run's trials from their files. Keeps verdicts that come from the same inputs unless `force` is set.
   * @throws ConfigError when the options do not allow an evaluation.
   */
  async evaluate(options: EvaluateOptions): Promise<EvaluationSummary> {
    const { evaluateRun } = await import('./evaluation/evaluate.ts');
    return evaluateRun(this.#host, options);
  }
}
