import { quietPipe } from './quiet-pipe.ts';
import type { Reporter, ReporterOutput } from './reporter.ts';

/** Prints each event unchanged, as one line of JSON. */
export function jsonReporter(output: ReporterOutput): Reporter {
  const write = quietPipe(output);
  return { onEvent: (event) => write(`${JSON.stringify(event)}\n`), close: () => {} };
}
