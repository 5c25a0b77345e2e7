import type { ReporterOutput } from './reporter.ts';

const broken = new WeakSet<ReporterOutput>();
const watched = new WeakSet<ReporterOutput>();

/**
 * Writes until the reader is gone (`cooperbench run | head`), then no more: a run goes on without anybody looking.
 * The listener stays after the reporter, because a stream may tell of its broken pipe later.
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
