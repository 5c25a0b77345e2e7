import type { Plugin } from '@cooperbench/core';
import {
  createContainer,
  type EvaluateOptions,
  type EvaluationSummary,
  type Experiments,
  type RunEvent,
  type RunSummary,
  tokens,
} from '@cooperbench/core/host';
import { defaultPlugins } from './plugins/bundled.ts';
import { knownNames } from './plugins/known-names.ts';
import { createReporter, type Reporter, type ReporterName } from './reporters/index.ts';
import { type RunOptions, withoutRedisUrl } from './settings/redis-url.ts';

export { ConfigError, CooperBenchError, PluginError } from '@cooperbench/core';
export { type Config, defineConfig, type LoadedConfig, loadConfig } from './config/library.ts';
export { createReporter, type Reporter, type ReporterName, type ReporterOutput } from './reporters/index.ts';
export type { EvaluateOptions, EvaluationSummary, RunEvent, RunOptions, RunSummary };

/** Options of the library in addition to those of core. */
export interface Embedding {
  /** Shows progress: a reporter of your own, or the name of one that prints to standard output. Absent: `silent`. */
  readonly reporter?: ReporterName | Reporter | undefined;
  /** Plugins in addition to those of this package. A plugin replaces one of the same name. */
  readonly plugins?: readonly Plugin[] | undefined;
}

/**
 * Runs agents on benchmark tasks and, unless `autoEval` is false, evaluates their patches. Has the same defaults as
 * `cooperbench run`, but reads no configuration file: see `loadConfig`. Resolves with the content of summary.json, even when
 * trials were lost to infrastructure.
 * @throws ConfigError or PluginError before anything was run; the error that stopped the run early; the signal's reason.
 */
export async function run(options: RunOptions & Embedding): Promise<RunSummary> {
  return withReporter(options, async (experiments, reported) => {
    const outcome = await experiments.run(withoutRedisUrl(reported));
    if (outcome.stopped) throw outcome.stopped;
    return outcome.summary;
  });
}

/**
 * Evaluates a run's patches. Has the same defaults as `cooperbench eval`. Resolves with the content of eval_summary.json.
 * @throws ConfigError or PluginError when nothing can be evaluated as asked; the signal's reason.
 */
export async function evaluate(options: EvaluateOptions & Embedding): Promise<EvaluationSummary> {
  return withReporter(options, (experiments, reported) => experiments.evaluate(reported));
}

async function withReporter<
  O extends Embedding & { readonly onEvent?: ((event: RunEvent) => void) | undefined },
  R,
>(options: O, work: (experiments: Experiments, options: O) => Promise<R>): Promise<R> {
  const own = options.plugins ?? [];
  const others = (await defaultPlugins()).filter(({ name }) => !own.some((plugin) => plugin.name === name));
  const experiments = createContainer([...others, ...own], knownNames).get(tokens.experiments);
  const { reporter: asked = 'silent' } = options;
  const reporter = typeof asked === 'string' ? createReporter(asked, process.stdout) : asked;
  const onEvent = (event: RunEvent): void => {
    reporter.onEvent(event);
    options.onEvent?.(event);
  };
  try {
    return await work(experiments, { ...options, onEvent });
  } finally {
    reporter.close();
  }
}
