import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import { ignoreBrokenPipe } from './ignore-broken-pipe.ts';
import { LinesReporter } from './lines-reporter.ts';
import { LiveReporter } from './live-reporter.ts';
import {
  isBuiltIn,
  type ReporterName,
  type ReporterOptions,
  type ReporterOutput,
  type RunReporter,
  reporterNames,
} from './reporter.ts';

type Create = (output: ReporterOutput, options: ReporterOptions) => RunReporter;

const reporters: Readonly<Record<ReporterName, Create>> = {
  default: (output, options) =>
    output.isTTY ? new LiveReporter(output, options) : new LinesReporter(output, options),
  json: createJsonReporter,
  silent: () => ({ onEvent: () => {}, close: () => {} }),
};

/** Prints each event unchanged, as one line of JSON. */
function createJsonReporter(output: ReporterOutput): RunReporter {
  const write = ignoreBrokenPipe(output);
  return { onEvent: (event) => write(`${JSON.stringify(event)}\n`), close: () => {} };
}

/** Opens one of the built-in reporters. @throws ConfigError `UNKNOWN_REPORTER`. */
export function createReporter(
  name: string,
  output: ReporterOutput,
  options: ReporterOptions = {},
): RunReporter {
  if (isBuiltIn(name)) return reporters[name](output, options);
  throw new ConfigError('UNKNOWN_REPORTER', `There is no reporter "${name}".`, {
    hint: suggest(name, reporterNames),
    about: name,
  });
}
