import type { ReporterOutput } from './reporter.ts';

const broken = new WeakSet<ReporterOutput>();
const watched = new WeakSet<ReporterOutput>();

/**
 * Writes until the reader has gone (`cooperbench run | head`), and nothing after that: the run continues. The listener
 * outlives the reporter, because a stream may report its broken pipe late.
 */
export function quietPipe(output: ReporterOutput): (text: string) => void {
  if (!watched.has(output)) {
    watched.add(output);
    output.on?.('error', () => broken.add(output));
  }
  return (text) => {
    if (text === '' || broken.has(output)) return;
    try {
      output.write(text);
    } catch {
      broken.add(output);
    }
  };
}
