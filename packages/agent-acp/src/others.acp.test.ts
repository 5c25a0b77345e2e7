import { fakeSeat } from '@cooperbench/testing';
import { type ProviderAnswer, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { realProgram } from './docker.test.support.ts';

const member = (agent: string, shell: (command: string) => ProviderAnswer) => ({
  agent,
  model: 'gpt-4o',
  shell,
});
const call = (name: string, givenValue: object): ProviderAnswer => ({
  toolCalls: [{ name, arguments: givenValue }],
});

test.for([
  member('opencode', (command) => call('bash', { command, description: 'Do what the test says' })),
  member('kimi', (command) => call('Bash', { command, description: 'Do what the test says' })),
  member('copilot', (command) => call('bash', { command, description: 'Do what the test says' })),
  member('cline', (command) => call('run_commands', { commands: [command] })),
])('a pair of $agent exchanges a message and a branch, and passes', async (one) => realProgram(one).pair());

test.for(['opencode', 'kimi'])('%s samples as its options say', async (agent) => {
  const program = realProgram({ agent, model: 'gpt-4o', shell: () => ({ text: '' }) });
  await using provider = await scriptedProvider([{ text: 'Done.' }]);
  await using workspace = await program.sandbox();
  const seat = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: provider.url });
  const options = { temperature: 0.3, topP: 0.8 };
  expect(await program.agent(options).run('Finish.', seat.context)).toEqual({ status: 'Completed' });
  expect(provider.requests[0]?.body).toMatchObject({ temperature: 0.3, top_p: 0.8 });
});
