import { PassThrough } from 'node:stream';
import { ConfigError } from '@cooperbench/core/errors';
import { expect, test } from 'vitest';
import {
  Clock,
  message,
  Page,
  runFinished,
  runStarted,
  runSummary,
  trialFinished,
  trialStarted,
} from './events.test.fixture.ts';
import { createReporter, type ReporterName, type ReporterOutput } from './index.ts';

const trial = 'coop/repo/1/f1_f2';
const run = [
  runStarted(),
  trialStarted(trial),
  message(trial, '\x1b[31mred\n'),
  trialFinished(trial),
  runFinished(runSummary()),
];

test('json is the events, one a line, and nothing else', () => {
  const page = new Page();
  const reporter = createReporter('json', page);
  for (const event of run) reporter.onEvent(event);
  reporter.close();
  expect(page.text.endsWith('}\n')).toBe(true);
  const lines = page.text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(run);
  expect(page.text).not.toContain('\x1b');
});

test('silent says nothing', () => {
  const page = new Page();
  const reporter = createReporter('silent', page);
  for (const event of run) reporter.onEvent(event);
  reporter.close();
  expect(page.text).toBe('');
});

test('default is live on a terminal and lines elsewhere', () => {
  const outputs = [new Page(), Object.assign(new Page(), { isTTY: true })];
  for (const output of outputs) {
    const reporter = createReporter('default', output, { now: new Clock().now });
    for (const event of run) reporter.onEvent(event);
    reporter.close();
  }
  const [lines, live] = outputs.map(({ text }) => text);
  expect(lines).toContain('[Trial 1/2] repo/1 f1_f2\n');
  expect(live).toContain('[Trial 1/2] repo/1 f1_f2 ✓ Completed');
});

test('an unknown name is answered with the nearest one', () => {
  const details = { hint: 'Did you mean "json"?', about: 'jsno' };
  expect(() => createReporter('jsno', new Page())).toThrow(
    new ConfigError('UNKNOWN_REPORTER', 'There is no reporter "jsno".', details),
  );
});

test.for(
  (['default', 'json', 'silent'] satisfies ReporterName[]).flatMap((name) => [
    { name, isTTY: false },
    { name, isTTY: true },
  ]),
)('$name (terminal: $isTTY) goes on quietly when its reader is gone', ({ name, isTTY }) => {
  let writes = 0;
  const write = (): never => {
    writes += 1;
    throw Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  };
  const reporter = createReporter(name, { isTTY, write });
  for (const event of run) reporter.onEvent(event);
  reporter.close();
  expect(writes).toBeLessThanOrEqual(1);
});

test('a stream that tells of its broken pipe later is not written to again, by any reporter', () => {
  const stream = new PassThrough();
  const [left, right] = [createReporter('json', stream), createReporter('json', stream)];
  expect(stream.listenerCount('error')).toBe(1);
  stream.emit('error', new Error('write EPIPE'));
  left.onEvent(runStarted());
  right.onEvent(runStarted());
  expect(stream.read()).toBeNull();
});

test('standard output is an output', () => {
  const output: ReporterOutput = process.stdout;
  expect(output.write).toBeTypeOf('function');
});
