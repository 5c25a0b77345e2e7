import type { TrajectoryMessage } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { Transcript } from './transcript.ts';

function recorded(...updates: readonly object[]): TrajectoryMessage[] {
  const messages: TrajectoryMessage[] = [];
  const transcript = new Transcript((message) => messages.push(message));
  for (const update of updates) transcript.update(update);
  transcript.flush();
  return messages;
}

const chunk = (text: string): object => ({
  sessionUpdate: 'agent_message_chunk',
  content: { type: 'text', text },
});
const call = (fields: object): object => ({ sessionUpdate: 'tool_call', toolCallId: 'a', ...fields });
const update = (fields: object): object => ({
  sessionUpdate: 'tool_call_update',
  toolCallId: 'a',
  ...fields,
});

test('a call has the arguments of a later update, and a diff as its result', () => {
  const content = [{ type: 'diff', path: '/repo/a.ts', oldText: '', newText: 'x' }];
  const path = { path: '/repo/a.ts' };
  expect(
    recorded(
      call({ title: 'Edit', kind: 'edit', status: 'pending', rawInput: {} }),
      update({ status: 'in_progress', rawInput: path }),
      update({ status: 'completed', content }),
    ),
  ).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a', name: 'edit', arguments: path }] },
    { role: 'tool', content: 'changed /repo/a.ts' },
  ]);
});

test('a call without arguments has its title, and its output may be any value', () => {
  expect(recorded(call({ title: 'ls', status: 'failed', rawOutput: { code: 2 } }))).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a', name: 'tool', arguments: { title: 'ls' } }] },
    { role: 'tool', content: '{"code":2}' },
  ]);
});

test('a call that never ends is recorded at the end of its turn', () => {
  expect(recorded(call({ title: 'sleep', kind: 'execute', status: 'pending' }))).toMatchObject([
    { role: 'assistant', tool_calls: [{ name: 'execute', arguments: { title: 'sleep' } }] },
  ]);
});

test('a text without an end and calls without results do not stay in memory', () => {
  const texts = recorded(...Array.from({ length: 30 }, () => chunk('x'.repeat(100_000))));
  expect(texts.length).toBeGreaterThan(1);
  const messages: TrajectoryMessage[] = [];
  const transcript = new Transcript((message) => messages.push(message));
  for (let n = 0; n < 1000; n += 1) transcript.update(call({ toolCallId: String(n), title: 'x' }));
  expect(messages.length).toBeGreaterThan(700);
});
