import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  at,
  Clock,
  evaluationStarted,
  image,
  message,
  runFinished,
  runStarted,
  runSummary,
  step,
  trialFinished,
  trialStarted,
  verdict,
} from './events.test.fixture.ts';
import { LiveReporter } from './live-reporter.ts';
import { Terminal } from './terminal.test.fixture.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  expect(terminals.splice(0).flatMap(({ faults }) => faults)).toEqual([]);
});

const terminals: Terminal[] = [];

function open(columns = 100, rows = 24, colour = false) {
  const terminal = new Terminal(columns, rows, colour);
  terminals.push(terminal);
  const clock = new Clock();
  const reporter = new LiveReporter(terminal, { now: clock.now });
  const pass = (seconds: number): void => {
    clock.pass(seconds);
    vi.advanceTimersByTime(100);
  };
  return { terminal, reporter, pass };
}

const trial = (number: number): string => `coop/llama_index_task/8394/f${number}_f9`;
const header = `\
[CooperBench] Starting run: my-first-experiment
[CooperBench] Setting: coop
[CooperBench] Agent: mini_swe_agent
[CooperBench] Model: gpt-4o
[CooperBench] Backend: docker
[CooperBench] Found 12 trials
[CooperBench] Running with concurrency=3
`;

test('what happened scrolls above what is going on', () => {
  const { terminal, reporter, pass } = open(120);
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  for (const number of [1, 2, 3]) reporter.onEvent(trialStarted(trial(number)));
  reporter.onEvent(step(trial(1), 'agent1', 12, 0.041));
  pass(0);
  pass(100);
  reporter.onEvent(message(trial(2), "I'm adding a new method\nto the BaseIndex class"));
  reporter.onEvent(trialFinished(trial(3), { duration_seconds: 100 }));
  pass(5);
  expect(terminal.screen).toBe(`${header}
  [Trial 2/12] agent1 → agent2: "I'm adding a new method\\nto the BaseIndex class"
[Trial 3/12] llama_index_task/8394 f3_f9 ✓ Completed in 1m 40s ($0.12, 34 steps, 3 messages)
[1/12] llama_index_task/8394 f1_f9  1m 45s  agent1 12 steps $0.04, agent2 0 steps $0.00
[2/12] llama_index_task/8394 f2_f9  1m 45s  agent1 0 steps $0.00, agent2 0 steps $0.00   agent1 → agent2: "I'm adding a…
1/12 trials done | 1m 45s elapsed, about 5m 0s left | $0.16
`);
  expect(terminal.cursorShown).toBe(false);
});

test.for([79, 55])('with %i columns, rows keep every seat and drop the words', (columns) => {
  const { terminal, reporter, pass } = open(columns);
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  for (const number of [1, 2]) reporter.onEvent(trialStarted(trial(number)));
  reporter.onEvent(step(trial(1), 'agent1', 12, 0.041));
  reporter.onEvent(message(trial(2), 'hello'));
  pass(100);
  const cut = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
  expect(terminal.lines.slice(-4, -1)).toEqual([
    cut('[1/12]  1m 40s  agent1 12 $0.04  agent2 0 $0.00  llama_index_task/8394 f1_f9'),
    cut('[2/12]  1m 40s  agent1 0 $0.00   agent2 0 $0.00  llama_index_task/8394 f2_f9'),
    '0/12 trials done | 1m 40s elapsed | $0.04',
  ]);
});

test('an evaluation counts its verdicts', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(evaluationStarted(4));
  pass(30);
  reporter.onEvent(verdict(trial(1)));
  reporter.onEvent(verdict(trial(2), { status: 'failed', merge: 'conflicts', strategy: null }));
  pass(30);
  expect(terminal.lines.slice(-4)).toEqual([
    '[Eval 1/4] coop/llama_index_task/8394/f1_f9 passed (merge clean)',
    '[Eval 2/4] coop/llama_index_task/8394/f2_f9 failed (merge conflict)',
    'Evaluated 2/4: 1 passed, 1 failed, 0 errors | 1m 0s elapsed, about 1m 0s left | $0.00',
    '',
  ]);
});

test('images have a line each while they are pulled or built, and one of their own at the end', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  reporter.onEvent(trialStarted(trial(1)));
  reporter.onEvent(image({ image: 'x:1', text: 'a1: Pulling fs layer' }));
  reporter.onEvent(image({ image: 'y:1', phase: 'build', text: 'Step 4/6 : RUN \x1b[2Jnpm ci' }));
  pass(3);
  expect(terminal.screen).toBe(`${header}
Pulling x:1  3s  a1: Pulling fs layer
Building y:1  3s  Step 4/6 : RUN npm ci
[1/12] llama_index_task/8394 f1_f9  3s  agent1 0 steps $0.00, agent2 0 steps $0.00
0/12 trials done | 3s elapsed | $0.00
`);
  reporter.onEvent(image({ image: 'x:1', done_bytes: 45_300_000, total_bytes: 120_000_000 }));
  reporter.onEvent(image({ image: 'y:1', phase: 'build', state: 'ready' }));
  pass(9);
  expect(terminal.screen).toBe(`${header}
[CooperBench] Built y:1 in 3s
Pulling x:1  12s  45.3 of 120.0 MB (37.8%)
[1/12] llama_index_task/8394 f1_f9  12s  agent1 0 steps $0.00, agent2 0 steps $0.00
0/12 trials done | 12s elapsed | $0.00
`);
});

test('images alone are counted below', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(at({ type: 'images_started', images: 3, backend: 'docker', agent: null }));
  reporter.onEvent(image({ image: 'x:1', phase: 'build', state: 'present' }));
  reporter.onEvent(image({ image: 'y:1', phase: 'build', state: 'failed', text: 'no' }));
  pass(2);
  expect(terminal.screen).toBe(`\
[CooperBench] Building 3 images, backend docker
[CooperBench] x:1 is already present
[CooperBench] Building y:1 failed after 0s: no
1/3 images ready, 1 failed | 2s elapsed
`);
  reporter.onEvent(at({ type: 'images_finished', built: 0, present: 1, failed: 2 }));
  expect(terminal.screen).toContain(
    'no\n\n[CooperBench] Images: 0 built, 1 already present, 2 failed, in 2s\n',
  );
});

test.for([2, 3, 4, 5, 12])('with %i rows, images leave room for trials', (rows) => {
  const { terminal, reporter, pass } = open(100, rows);
  reporter.onEvent(runStarted({ trials: 50, concurrency: 50 }));
  for (let number = 1; number <= 50; number += 1) {
    reporter.onEvent(trialStarted(trial(number)));
    reporter.onEvent(image({ image: `x:${number}` }));
  }
  pass(1);
  const block = terminal.lines.slice(terminal.lines.indexOf('') + 1, -1);
  expect(block.length).toBe(rows - 1);
  if (rows > 2) expect(block).toContain(`+${50 - (Math.ceil((rows - 2) / 2) - 1)} more images`);
  if (rows > 3) expect(block.at(-2)).toMatch(/^\+\d+ more running$/);
});

test('the end takes the block away and gives the cursor back', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  reporter.onEvent(trialStarted(trial(1)));
  pass(1);
  reporter.onEvent(trialFinished(trial(1)));
  reporter.onEvent(runFinished(runSummary()));
  const output = terminal.screen;
  expect(output).not.toContain('trials done');
  expect(output).toMatch(
    /messages\)\n\n\[CooperBench\] Finished: my-first-experiment\n[\s\S]*\/my-first-experiment\n$/,
  );
  reporter.close();
  expect(terminal.screen).toBe(output);
  expect(terminal.cursorShown && terminal.wraps).toBe(true);
});

test('closed in the middle: nothing is lost, nothing more is written', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  reporter.onEvent(trialStarted(trial(1)));
  pass(1);
  reporter.onEvent(message(trial(1), 'the last word'));
  reporter.close();
  expect(terminal.screen).toBe(`${header}
  [Trial 1/12] agent1 → agent2: "the last word"

[CooperBench] Ended early: 0 of 12 trials finished ($0.00), kept in /runs/logs/my-first-experiment
[CooperBench] Repeat the command to resume: 12 trials left
`);
  expect(terminal.cursorShown).toBe(true);
  const output = terminal.text;
  reporter.close();
  reporter.onEvent(message(trial(1), 'too late'));
  pass(10);
  expect(terminal.text).toBe(output);
});

test.for([2, 3, 4, 10])(
  'with %i rows the block leaves one free and says how many it does not show',
  (rows) => {
    const { terminal, reporter, pass } = open(100, rows);
    reporter.onEvent(runStarted({ trials: 50, concurrency: 50 }));
    pass(0);
    for (let number = 1; number <= 50; number += 1) reporter.onEvent(trialStarted(trial(number)));
    pass(1);
    pass(1);
    const block = terminal.lines.slice(terminal.lines.indexOf('') + 1, -1);
    expect(block.length).toBe(rows - 1);
    expect(block.at(-1)).toBe('0/50 trials done | 2s elapsed | $0.00');
    if (rows > 2) expect(block.at(-2)).toBe(`+${50 - (rows - 3)} more running`);
    expect(terminal.highest).toBe(rows - 1);
  },
);

test('a terminal of one row gets no block', () => {
  const { terminal, reporter, pass } = open(100, 1);
  reporter.onEvent(runStarted({ trials: 12, concurrency: 3 }));
  pass(1);
  expect(terminal.screen).toBe(`${header}\n`);
});

test.for([1, 7, 40, 61])('wide characters and hostile texts stay within %i columns', (columns) => {
  const { terminal, reporter, pass } = open(columns, 24, true);
  reporter.onEvent(runStarted());
  const id = 'coop/漢字の仕事/1/f1_f2';
  reporter.onEvent(trialStarted(id));
  for (const text of [
    '全角文字の長いメッセージ'.repeat(9),
    '👩‍👩‍👧‍👦 ❤️ 🇩🇪'.repeat(9),
    '\x1b[2J\x1b[9A\r\n\u202e',
  ]) {
    reporter.onEvent(message(id, text));
    pass(1);
  }
  expect(terminal.writes).toBe(3);
});

test('a line is drawn again only when it changed, at most ten times a second', () => {
  const { terminal, reporter } = open();
  reporter.onEvent(runStarted());
  reporter.onEvent(trialStarted(trial(1)));
  for (let steps = 1; steps <= 10_000; steps += 1) {
    reporter.onEvent(step(trial(1), 'agent1', steps, 0));
    if (steps % 10 === 0) vi.advanceTimersByTime(1);
  }
  expect(terminal.writes).toBe(10);
  vi.advanceTimersByTime(60_000);
  expect(terminal.writes).toBe(10);
});

test('lines that a narrower window has broken are cleared too', () => {
  const { terminal, reporter, pass } = open(40);
  reporter.onEvent(runStarted());
  pass(0);
  const above = terminal.lines.length - 2;
  expect(terminal.lines[above]).toBe('0/2 trials done | 0s elapsed | $0.00');
  // What the window does to the line of 36.
  terminal.columns = 20;
  terminal.lines.splice(above, 1, '0/2 trials done | 0s', ' elapsed | $0.00');
  terminal.cursor += 1;
  pass(1);
  expect(terminal.lines.slice(above)).toEqual(['0/2 trials done | 1…', '']);
});

test('before a run has started and when it only prints notices there is no block', () => {
  const { terminal, reporter, pass } = open();
  reporter.onEvent(at({ type: 'notice', level: 'info', text: 'The price of x is not known.' }));
  pass(1);
  expect(terminal.text).toBe('[CooperBench] The price of x is not known.\n');
});
