import { runCommand } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/core/host';
import { type AgentSubject, agentContract, fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { createAgent } from './agent.ts';
import plugin from './index.ts';

/** More cases apply when you add the abilities of your agent, such as `model`. */
const subject: AgentSubject = {
  abilities: [],
  open: async (turns) => ({
    agent: createAgent({ commands: turns.flatMap((turn) => (typeof turn === 'string' ? [] : [turn.run])) }),
    [Symbol.asyncDispose]: async () => {},
  }),
};

const cases = agentContract.filter(({ needs }) => needs === undefined || subject.abilities.includes(needs));
test.for(cases)('$name', (one) => one.check(subject));

test('it does its commands in the workspace and hands in', async () => {
  await using workspace = await hostSandbox({ 'lib.txt': 'one\n' });
  const { context, steps } = fakeSeat(workspace);
  expect(await createAgent({}).run('Write it down.', context)).toEqual({ status: 'Completed' });
  expect(steps()).toBe(2);
  const { stdout } = await runCommand(workspace, ['cat', 'lib.txt', 'NOTES.md']);
  expect(stdout.toString()).toBe('one\nWrite it down.\n');
});

test('what it did, and what peers said, is in the trajectory and the log', async () => {
  await using workspace = await hostSandbox();
  const inbox = fakeInbox(['[Message from agent2]: I take README.md.']);
  const { context, messages, texts } = fakeSeat(workspace, { seat: 'agent1', peers: ['agent2'], inbox });
  await createAgent({ commands: ['echo well'] }).run('Do it.', context);
  expect(messages().map(({ role, content }) => [role, content])).toEqual([
    ['user', '[Message from agent2]: I take README.md.'],
    ['assistant', 'echo well'],
    ['tool', 'well\n'],
  ]);
  expect(texts('log')).toEqual(['echo well exited 0']);
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('agents', '__name__', { command: [] })).toThrow(
    'unknown key "command"; did you mean "commands"?',
  );
});
