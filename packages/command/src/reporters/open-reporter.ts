import { getMessage } from '@cooperbench/core';
import { callPlugin, type Registry } from '@cooperbench/core/host';
import type { ReporterOutput, RunReporter } from './reporter.ts';

const closeMs = 10_000;

interface OpenOptions {
  readonly part?: string | undefined;
  /** The user's options of reporters, by name. */
  readonly reporterOptions?: Readonly<Record<string, object>> | undefined;
  onWarning(text: string): void;
}

/**
 * Opens a reporter of any plugin. Its `close` never fails: a fault is a warning. @throws ConfigError `UNKNOWN_REPORTER`,
 * `CONFIG_OPTIONS`; PluginError `PLUGIN_FAULT`.
 */
export async function openReporter(
  registry: Registry,
  name: string,
  output: ReporterOutput,
  { part, reporterOptions, onWarning }: OpenOptions,
): Promise<Pick<RunReporter, 'onEvent'> & { close(): Promise<void> }> {
  const title = registry.title('reporters', name);
  const reporter = await registry.make('reporters', name, reporterOptions?.[name]);
  const open = await callPlugin(`${title} could not be opened`, () => reporter.open({ output, part }));
  return {
    onEvent: (event) => open.onEvent(event),
    close: () =>
      callPlugin(`${title} could not be closed`, () => open.close(), { limitMs: closeMs }).catch(
        (error: unknown) => onWarning(getMessage(error)),
      ),
  };
}
