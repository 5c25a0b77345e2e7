import type { RunEvent } from '@cooperbench/records';
import { expect, test } from 'vitest';
import { listStepsOfSeat } from './steps.ts';
import type { IndexedEntry } from './trajectory-index.ts';

const start = Date.parse('2026-11-01T00:00:00Z') / 1000;
const timeAt = (seconds: number) => ({
  time: new Date((start + seconds) * 1000).toISOString(),
  trial: 't',
  seat: 'a',
});
const step = (steps: number, seconds: number, message: number | undefined, cost: number): RunEvent =>
  ({ type: 'step', ...timeAt(seconds), steps, message, cost, cost_known: true }) as RunEvent;
const answer = (seconds: number, message: number, text: string): RunEvent => ({
  ...{ type: 'answer', ...timeAt(seconds), message, text },
});
const output = (message: number, content: string, command?: string): IndexedEntry => ({
  message,
  entry: {
    ...{ role: 'assistant', content, timestamp: start + message },
    ...(command !== undefined && { tool_calls: [{ name: 'bash', arguments: { command } }] }),
  },
});
const steps = (entries: readonly IndexedEntry[], events: readonly RunEvent[]) =>
  listStepsOfSeat('a', { entries }, events, start).map((workedStep) => [
    workedStep.step,
    workedStep.seconds,
    workedStep.message,
    workedStep.summary,
  ]);

test('the messages of one answer are one step, and an answer without a message is a step of its own', () => {
  const events = [step(1, 5, 2, 0.1), step(2, 6, 5, 0.15), step(3, 9, 5, 0.4)];
  const entries = [output(2, 'I look at it.'), output(3, '', 'ls src'), output(5, '', 'send_message b hi')];
  expect(listStepsOfSeat('a', { entries }, events, start)).toMatchObject([
    { step: 1, seconds: 2, message: 2, summary: 'ls src', communicates: false, cost: 0.1, total_cost: 0.1 },
    { step: 2, seconds: 6, message: null, summary: '', communicates: false, cost: expect.closeTo(0.05) },
    { step: 3, seconds: 5, message: 5, summary: 'send_message b hi', communicates: true, total_cost: 0.4 },
  ]);
});

const call = (message: number, id: string, response_id?: string): IndexedEntry => ({
  message,
  entry: {
    ...{ role: 'assistant', content: '', timestamp: start + message, response_id },
    tool_calls: [{ id, name: 'bash', arguments: { command: id } }],
  },
});
const result = (message: number, tool_call_id?: string): IndexedEntry => ({
  message,
  entry: { role: 'tool', tool_call_id },
});

test.for([
  ['without events', []],
  ['with events', [step(1, 1, 1, 0.1), step(2, 3, 3, 0.2)]],
] as const)(
  'an answer is one step with the results of its calls, although others came between, %s',
  ([, events]) => {
    const entries = [
      ...[call(1, 'a', 'first'), result(2, 'a'), call(3, 'b', 'second'), call(4, 'c', 'first')],
      ...[result(5, 'c'), result(6, 'b'), result(7)],
    ];
    const matches = listStepsOfSeat('a', { entries }, events, start);
    expect(matches.map(({ messages }) => messages)).toEqual([
      [1, 2, 4, 5, 7],
      [3, 6],
    ]);
    expect(matches.map(({ commands }) => commands)).toEqual(['a\nc', 'b']);
  },
);

test('without ids, a result follows its answer', () => {
  const entries = [output(0, '', 'ls'), result(1), result(2), output(3, '', 'pwd'), result(4)];
  expect(listStepsOfSeat('a', { entries }, [], start).map(({ messages }) => messages)).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
});

test('a step of the Python original may have its time in ISO 8601', () => {
  const entry = { role: 'assistant', content: 'Done.', timestamp: '2026-11-01T00:00:03Z' };
  expect(steps([{ message: 1, entry }], [])).toEqual([[1, 3, 1, 'Done.']]);
});

test('without the places of steps, or with all at one, each answer of the model is a step', () => {
  const entries = [output(2, '', 'ls'), result(3), output(4, '', 'pwd')];
  const expected = [
    [1, 2, 2, 'ls'],
    [2, 4, 4, 'pwd'],
  ];
  expect(steps(entries, [])).toEqual(expected);
  expect(steps(entries, [step(1, 1, undefined, 0), step(2, 2, undefined, 0)])).toEqual(expected);
  expect(steps(entries, [step(1, 1, 0, 0), step(2, 2, 0, 0)])).toEqual(expected);
});

test('while a trial runs, a step has what its answers ran', () => {
  const events = [
    ...[step(1, 1, 2, 0.1), answer(1.5, 2, 'I look.'), answer(2, 3, 'ls src')],
    ...[step(2, 3, 5, 0.2), answer(3, 5, 'send_message b hi'), step(3, 9, 7, 0.2)],
  ];
  expect(listStepsOfSeat('a', { entries: [] }, events, start)).toMatchObject([
    { step: 1, seconds: 1, message: null, summary: 'ls src', communicates: false, total_cost: 0.1 },
    { step: 2, seconds: 3, message: null, summary: 'send_message b hi', communicates: true },
    { step: 3, seconds: 9, message: null, summary: '', communicates: false },
  ]);
});
