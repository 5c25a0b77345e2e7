import { listCasesOfFramework, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { realProgram } from './docker.test.support.ts';

const gemini = realProgram({
  agent: 'gemini_cli',
  model: 'gemini/gemini-2.5-pro',
  shell: (command): ProviderAnswer => ({
    toolCalls: [{ name: 'run_shell_command', arguments: { command, description: 'Do what the test says' } }],
  }),
});

// It waits for minutes until it gives up at a rate limit.
const cases = listCasesOfFramework().filter(({ name }) => !name.includes('rate limit'));
test.for(cases)('$name', (agentCase) => agentCase.check(gemini.subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of Gemini CLI', () =>
  gemini.pair());
