import type { ImageProgress } from '@cooperbench/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createImageEventHandler } from './image-events.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function listen() {
  const lines: string[] = [];
  const tell = createImageEventHandler((event) => {
    if (event.type === 'image') lines.push(`${event.image} ${event.state} ${event.text}`);
  });
  const running = (image: string, text: string): void =>
    tell({ image, phase: 'pull', state: 'running', text });
  return { said: lines, tell, running };
}

test('of what comes quickly, an image has its first at once and then the latest, four times a second', () => {
  const { said, running } = listen();
  for (let line = 1; line <= 1000; line += 1) {
    running('a', String(line));
    vi.advanceTimersByTime(1);
  }
  running('b', 'other');
  expect(said).toEqual([
    'a running 1',
    'a running 250',
    'a running 500',
    'a running 750',
    'a running 1000',
    'b running other',
  ]);
  vi.advanceTimersByTime(1000);
  expect(said).toHaveLength(6);
});

test('what is said last before a long silence is not lost', () => {
  const { said, running } = listen();
  running('a', 'Step 1');
  running('a', 'Step 2');
  running('a', 'Step 3');
  expect(said).toEqual(['a running Step 1']);
  vi.advanceTimersByTime(250);
  expect(said).toEqual(['a running Step 1', 'a running Step 3']);
});

test('an end is said at once, and nothing after it', () => {
  const { said, tell, running } = listen();
  running('a', 'Step 1');
  running('a', 'Step 2');
  tell({ image: 'a', phase: 'pull', state: 'failed', text: 'no' });
  running('a', 'again');
  vi.advanceTimersByTime(1000);
  expect(said).toEqual(['a running Step 1', 'a failed no', 'a running again']);
});

test('after abort nothing is said', () => {
  const lines: unknown[] = [];
  const controller = new AbortController();
  const tell = createImageEventHandler((event) => lines.push(event), controller.signal);
  tell({ image: 'a', phase: 'build', state: 'running', text: 'Step 1' });
  tell({ image: 'a', phase: 'build', state: 'running', text: 'Step 2' });
  controller.abort();
  vi.advanceTimersByTime(1000);
  tell({ image: 'a', phase: 'build', state: 'failed', text: 'stopped' });
  expect(lines).toHaveLength(1);
});

test('unknown bytes are null', () => {
  const records: unknown[] = [];
  const tell = createImageEventHandler((event) => records.push(event));
  const progress: ImageProgress = { image: 'a', phase: 'build', state: 'ready', text: '' };
  tell(progress);
  tell({ ...progress, doneBytes: 1, totalBytes: 2 });
  const event = { type: 'image', image: 'a', phase: 'build', state: 'ready', text: '' };
  expect(records).toEqual([
    { ...event, done_bytes: null, total_bytes: null },
    { ...event, done_bytes: 1, total_bytes: 2 },
  ]);
});
