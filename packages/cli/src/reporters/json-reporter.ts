import { quietPipe } from './quiet-pipe.ts';
import type { Reporter, ReporterOutput } from './reporter.ts';

/** One event a line, as it is. */
export function jsonReporter(output: ReporterOutput): Reporter {
  const write = quietPipe(output);
  return { onEvent: (event) => write(`${JSON.stringify(event)}\n`), close: () => {} };
}
