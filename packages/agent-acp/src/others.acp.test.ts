import type { ProviderAnswer } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { realProgram } from './docker.test.support.ts';

const member = (agent: string, shell: (command: string) => ProviderAnswer) => ({
  agent,
  model: 'gpt-4o',
  shell,
});
const call = (name: string, given: object): ProviderAnswer => ({ toolCalls: [{ name, arguments: given }] });

test.for([
  member('opencode', (command) => call('bash', { command, description: 'Do what the test says' })),
  member('kimi', (command) => call('Bash', { command, description: 'Do what the test says' })),
  member('copilot', (command) => call('bash', { command, description: 'Do what the test says' })),
  member('cline', (command) => call('run_commands', { commands: [command] })),
])('a pair of $agent exchanges a message and a branch, and passes', async (one) => realProgram(one).pair());
