import { withEvaluationBackend, withRunBackend } from '@cooperbench/command/backends';
import { knownNames } from '@cooperbench/command/plugins';
import { createReporter } from '@cooperbench/command/reporters';
import type { Registry } from '@cooperbench/core/host';
import type { EvaluationSummary, RunEvent, RunSummary } from '@cooperbench/records';
import { createContainer, type Runs, tokens } from '@cooperbench/runs';
import { readDefaultPlugins } from './library/bundled.ts';
import { readEvaluateOptions, readRunOptions } from './library/read-options.ts';
import type { EvaluateOptions, RunOptions } from './library/run-options.ts';

export type { ReporterOutput } from '@cooperbench/command';
export { createReporter, type ReporterName, type RunReporter } from '@cooperbench/command/reporters';
export { ConfigError, CooperBenchError, PluginError } from '@cooperbench/core';
export {
  type Config,
  defineConfig,
  type LoadConfigOptions,
  type LoadedConfig,
  loadConfig,
} from './library/library.ts';
export type { EvaluateSettings } from './library/run-options.ts';
export type { EvaluateOptions, EvaluationSummary, RunEvent, RunOptions, RunSummary };

/**
 * Runs agents on benchmark tasks and, unless `autoEval` is false, evaluates their patches. Has the same defaults as
 * `cooperbench run`, but reads no configuration file: see `loadConfig`. Resolves with the content of summary.json, even when
 * trials were lost to infrastructure.
 * @throws ConfigError or PluginError before anything was run; the error that stopped the run early; the signal's reason.
 */
export async function run(options: RunOptions = {}): Promise<RunSummary> {
  const coreOptions = readRunOptions(options);
  return withReporter(options, async (runs, onEvent, registry) => {
    const { signal = new AbortController().signal } = options;
    const runOptions = registry
      ? await withRunBackend(registry, coreOptions, { signal, onEvent })
      : coreOptions;
    const outcome = await runs.run({ ...runOptions, onEvent });
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
  return withReporter(options, async (runs, onEvent, registry) => {
    const { signal = new AbortController().signal } = options;
    const evaluateOptions = registry
      ? await withEvaluationBackend(registry, coreOptions, { signal, onEvent })
      : coreOptions;
    return runs.evaluate({ ...evaluateOptions, onEvent });
  });
}

async function withReporter<R>(
  { reporter: reporterName = 'silent', ...options }: RunOptions | EvaluateOptions,
  work: (
    runs: Runs,
    onEvent: (event: RunEvent) => void,
    /** Absent means the program's own container says which backend is the default. */
    registry?: Registry,
  ) => Promise<R>,
): Promise<R> {
  const ownPlugins = options.plugins ?? [];
  const otherPlugins = (await readDefaultPlugins()).filter(
    ({ name }) => !ownPlugins.some((plugin) => plugin.name === name),
  );
  const container = options.container ?? createContainer([...otherPlugins, ...ownPlugins], knownNames);
  const runs = container.get(tokens.runs);
  const reporter =
    typeof reporterName === 'string' ? createReporter(reporterName, process.stdout) : reporterName;
  const onEvent = (event: RunEvent): void => {
    reporter.onEvent(event);
    options.onEvent?.(event);
  };
  try {
    return await work(runs, onEvent, options.container ? undefined : container.get(tokens.registry));
  } finally {
    reporter.close();
  }
}
