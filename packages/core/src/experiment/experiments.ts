import type { EvaluationSummary } from '../contracts/summaries.ts';
import { type BuildImagesOptions, type BuiltImage, buildImages } from './build-images.ts';
import { evaluateRun } from './evaluate.ts';
import type { ExperimentHost } from './experiment-host.ts';
import type { EvaluateOptions, RunOptions } from './options.ts';
import { planRun, type RunPlan } from './plan.ts';
import { type RunOutcome, runExperiment } from './run.ts';

/** Plans, runs and evaluates experiments. */
export class Experiments {
  readonly #host: ExperimentHost;

  constructor(host: ExperimentHost) {
    this.#host = host;
  }

  /** @throws ConfigError for anything the user asked for that does not exist or does not fit. */
  plan(options: RunOptions): RunPlan {
    return planRun(this.#host.registry, options);
  }

  /**
   * Runs every trial that has no result yet, then evaluates. Resolves also when trials were lost or the run stopped
   * early. @throws ConfigError or PluginError before anything was run; the signal's reason when aborted, after cleaning up.
   */
  run(options: RunOptions): Promise<RunOutcome> {
    return runExperiment(this.#host, options);
  }

  /**
   * Evaluates a run's trials from their files. A verdict that was made from the same inputs stays, unless `force`.
   * @throws ConfigError when nothing can be evaluated as asked.
   */
  evaluate(options: EvaluateOptions): Promise<EvaluationSummary> {
    return evaluateRun(this.#host, options);
  }

  /** Builds the images of a dataset's tasks. @throws ConfigError when nothing can be built as asked. */
  buildImages(options: BuildImagesOptions): Promise<readonly BuiltImage[]> {
    return buildImages(this.#host, options);
  }
}
