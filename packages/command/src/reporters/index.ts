import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import { ignoreBrokenPipe } from './ignore-broken-pipe.ts';
import { LinesReporter } from './lines-reporter.ts';
import { LiveReporter } from './live-reporter.ts';
import type { Reporter, ReporterOptions, ReporterOutput } from './reporter.ts';

export { table } from '../terminal/table.ts';
export { coordinationDeficits, deficitLine } from './coordination-deficit.ts';
export type { Reporter, ReporterOptions, ReporterOutput } from './reporter.ts';
export { evaluationErrors } from './setting-table.ts';

export const reporterNames: readonly ['default', 'json', 'silent'] = ['default', 'json', 'silent'];

export type ReporterName = (typeof reporterNames)[number];

type Create = (output: ReporterOutput, options: ReporterOptions) => Reporter;

const reporters: Readonly<Record<ReporterName, Create>> = {
  default: (output, options) =>
    output.isTTY ? new LiveReporter(output, options) : new LinesReporter(output, options),
  json: jsonReporter,
  silent: () => ({ onEvent: () => {}, close: () => {} }),
};

/** Prints each event unchanged, as one line of JSON. */
function jsonReporter(output: ReporterOutput): Reporter {
  const write = ignoreBrokenPipe(output);
  return { onEvent: (event) => write(`${JSON.stringify(event)}\n`), close: () => {} };
}

/** Creates one of the built-in reporters. @throws ConfigError `UNKNOWN_REPORTER`. */
export function createReporter(
  name: string,
  output: ReporterOutput,
  options: ReporterOptions = {},
): Reporter {
  const known = reporterNames.find((known) => known === name);
  if (known) return reporters[known](output, options);
  throw new ConfigError('UNKNOWN_REPORTER', `There is no reporter "${name}".`, {
    hint: suggest(name, reporterNames),
    about: name,
  });
}
