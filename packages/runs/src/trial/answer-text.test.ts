import type { TrajectoryMessage } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { answerText } from './answer-text.ts';

const text = (content: string, ...calls: readonly (readonly [name: string, given: unknown])[]): string => {
  const tool_calls = calls.map(([name, givenValue]) => ({ id: '1', name, arguments: givenValue }));
  const message: TrajectoryMessage = { role: 'assistant', content, timestamp: 0 };
  return answerText(calls.length > 0 ? { ...message, tool_calls } : message);
};

test('is the first line of the command or, without one, of what the model said', () => {
  expect(text('I look.', ['bash', { command: '\n  cat a.py\nls' }], ['bash', { command: 'pwd' }])).toBe(
    'cat a.py',
  );
  expect(text('\n I am done.\nBye.')).toBe('I am done.');
  expect(text('')).toBe('');
});

test('names the tool and its arguments when they are no command', () => {
  expect(text('', ['Edit', { file_path: 'a.py', old: 'x\ny' }])).toBe(
    'Edit {"file_path":"a.py","old":"x\\ny"}',
  );
  expect(text('', ['Edit', '{not json'])).toBe('Edit {not json');
  expect(text('', ['finish', undefined])).toBe('finish ""');
});

test('says something of what no agent should record', () => {
  const message = { role: 'assistant', content: null, tool_calls: null, timestamp: 0 };
  expect(answerText(message as unknown as TrajectoryMessage)).toBe('');
});

test('has at most 200 characters', () => {
  expect(text('', ['bash', { command: 'x'.repeat(1000) }])).toBe(`${'x'.repeat(199)}…`);
});
