import {
  createContainer,
  type EvaluationSummary,
  type Experiments,
  type Registry,
  type RunEvent,
  type RunSummary,
  tokens,
} from '@cooperbench/core/host';
import { withEvaluationBackend, withRunBackend } from './backends/default-backend.ts';
import { defaultPlugins } from './plugins/bundled.ts';
import { knownNames } from './plugins/known-names.ts';
import { createReporter } from './reporters/index.ts';
import { readEvaluateOptions, readRunOptions } from './settings/read-options.ts';
import type { EvaluateOptions, RunOptions } from './settings/run-options.ts';

export { ConfigError, CooperBenchError, PluginError } from '@cooperbench/core';
export {
  type Config,
  defineConfig,
  type LoadConfigOptions,
  type LoadedConfig,
  loadConfig,
} from './config/library.ts';
export { createReporter, type Reporter, type ReporterName, type ReporterOutput } from './reporters/index.ts';
export type { EvaluateSettings } from './settings/run-options.ts';
export type { EvaluateOptions, EvaluationSummary, RunEvent, RunOptions, RunSummary };

/**
 * Runs agents on benchmark tasks and, unless `autoEval` is false, evaluates their patches. Has the same defaults as
 * `cooperbench run`, but reads no configuration file: see `loadConfig`. Resolves with the content of summary.json, even when
 * trials were lost to infrastructure.
 * @throws ConfigError or PluginError before anything was run; the error that stopped the run early; the signal's reason.
 */
export async function run(options: RunOptions = {}): Promise<RunSummary> {
  const coreOptions = readRunOptions(options);
  return withReporter(options, async (experiments, onEvent, registry) => {
    const { signal = new AbortController().signal } = options;
    const chosen = registry ? await withRunBackend(registry, coreOptions, { signal, onEvent }) : coreOptions;
    const outcome = await experiments.run({ ...chosen, onEvent });
    if (outcome.stopped) throw outcome.stopped;
    return outcome.summary;
  });
}

/**
 * Evaluates a run's patches. Has the same defaults as `cooperbench eval`. Resolves with the content of eval_summary.json.
 * @throws ConfigError or PluginError when nothing can be evaluated as asked; the signal's reason.
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationSummary> {
  const coreOptions = readEvaluateOptions(options);
  return withReporter(options, async (experiments, onEvent, registry) => {
    const { signal = new AbortController().signal } = options;
    const chosen = registry
      ? await withEvaluationBackend(registry, coreOptions, { signal, onEvent })
      : coreOptions;
    return experiments.evaluate({ ...chosen, onEvent });
  });
}

async function withReporter<R>(
  { reporter: chosen = 'silent', ...options }: RunOptions | EvaluateOptions,
  work: (
    experiments: Experiments,
    onEvent: (event: RunEvent) => void,
    /** Absent: the program's own container says which backend is the default. */
    registry?: Registry,
  ) => Promise<R>,
): Promise<R> {
  const own = options.plugins ?? [];
  const others = (await defaultPlugins()).filter(({ name }) => !own.some((plugin) => plugin.name === name));
  const container = options.container ?? createContainer([...others, ...own], knownNames);
  const experiments = container.get(tokens.experiments);
  const reporter = typeof chosen === 'string' ? createReporter(chosen, process.stdout) : chosen;
  const onEvent = (event: RunEvent): void => {
    reporter.onEvent(event);
    options.onEvent?.(event);
  };
  try {
    return await work(experiments, onEvent, options.container ? undefined : container.get(tokens.registry));
  } finally {
    reporter.close();
  }
}
