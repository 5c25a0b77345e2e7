import type { ReporterOutput } from './reporter.ts';

const brokenOutputs = new WeakSet<ReporterOutput>();
const watched = new WeakSet<ReporterOutput>();

/**
 * Returns a function that writes to an output until its reader closes it (`cooperbench run | head`). After that it writes
 * nothing, and the run continues. The listener outlives the reporter, because a stream may report a broken pipe late.
 */
export function ignoreBrokenPipe(output: ReporterOutput): (text: string) => void {
  if (!watched.has(output)) {
    watched.add(output);
    output.on?.('error', () => brokenOutputs.add(output));
  }
  return (text) => {
    if (text === '' || brokenOutputs.has(output)) return;
    try {
      output.write(text);
    } catch {
      brokenOutputs.add(output);
    }
  };
}
