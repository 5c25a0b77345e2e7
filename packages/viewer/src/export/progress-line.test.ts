import { expect, test } from 'vitest';
import { createProgressLine } from './progress-line.ts';

const states = [0, 1, 2].map((written) => ({ run: 1, runs: 3, written, trials: 2 }));

function writeAll(isTTY: boolean): string {
  let text = '';
  let now = 0;
  {
    const write = (more: string): void => {
      text += more;
    };
    using line = createProgressLine({ isTTY, write }, () => now);
    for (const state of states) {
      line.show(state);
      now += 60;
    }
  }
  return text;
}

test('a terminal has one line, which changes ten times a second at most and goes', () => {
  expect(writeAll(true)).toBe(
    '\r\u001b[KRun 1 of 3: 0 of 2 trials written\r\u001b[KRun 1 of 3: 2 of 2 trials written\r\u001b[K',
  );
});

test('a file or a pipe gets nothing', () => {
  expect(writeAll(false)).toBe('');
});
