import type { ExportProgress } from './export-runs.ts';

/** The part of a terminal that a progress line needs. */
interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const quietMs = 100;
const clear = '\r\u001b[K';

/**
 * Shows how far an export is in one line, which disposal removes. Writes nothing unless the output is a terminal: a file would
 * keep every state of the line.
 */
export function createProgressLine(terminal: Terminal, now: () => number = Date.now) {
  const isShown = terminal.isTTY === true && process.env.TERM !== 'dumb';
  let last = Number.NEGATIVE_INFINITY;
  return {
    show({ run, runs, written, trials }: ExportProgress): void {
      const nowMs = now();
      if (!isShown || nowMs - last < quietMs) return;
      last = nowMs;
      terminal.write(`${clear}Run ${run} of ${runs}: ${written} of ${trials} trials written`);
    },
    [Symbol.dispose](): void {
      if (last > Number.NEGATIVE_INFINITY) terminal.write(clear);
    },
  };
}
