import type { Reporter } from '@cooperbench/core';
import type { RunEvent } from '@cooperbench/records';
import type { Options } from './options.ts';

/** Prints a line for each verdict, and how many there were. */
export function createReporter({ failuresOnly = false }: Options): Reporter {
  return {
    // Called for each run of an experiment.
    open({ output }) {
      let passed = 0;
      let others = 0;
      return {
        // When this throws, the run goes on without the reporter.
        onEvent(event: RunEvent) {
          if (event.type === 'run_stopped') output.write(`stopped: ${printable(event.reason)}\n`);
          if (event.type !== 'verdict') return;
          if (event.status === 'passed') passed += 1;
          else others += 1;
          if (failuresOnly && event.status === 'passed') return;
          const why = event.error === null ? '' : ` (${printable(event.error)})`;
          output.write(`${event.status.padEnd(6)} ${event.trial}${why}\n`);
        },
        close() {
          output.write(`${passed} of ${passed + others} passed\n`);
        },
      };
    },
  };
}

/** Texts of events come from agents: nothing in them may control a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').slice(0, 200);
}
