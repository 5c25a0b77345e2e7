import { expect, test } from 'vitest';
import { communicates } from './trajectory.ts';

const call = (name: string, givenValue: object) => ({
  role: 'assistant',
  tool_calls: [{ id: '1', name, arguments: givenValue }],
});

test.for([
  ['a tool of Claude Code', call('mcp__cooperbench_mcp__send_message', { args: ['agent2', 'Hi'] }), true],
  ['a wait of Claude Code', call('mcp__cooperbench_mcp__wait_for_message', { seconds: 120 }), true],
  ['a tool of Codex, which has the server in a namespace', call('send_message', { args: ['agent2'] }), true],
  ['a wait of Codex', call('wait_for_message', {}), true],
  ['the shell command', call('bash', { command: 'cd x && send_message agent2 Hi' }), true],
  ['another tool of the server', call('mcp__cooperbench_mcp__task_claim', { args: ['1'] }), false],
  ['a word that only contains the name', call('bash', { command: 'python resend_messages.py' }), false],
] as const)('%s', ([, step, expected]) => {
  expect(communicates(step)).toBe(expected);
});
