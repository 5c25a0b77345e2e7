import { runCommand } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/core/host';
import { fakeInbox, fakeSeat, hostWorkspace } from '@cooperbench/core/testing';
import { expect, test } from 'vitest';
import { createAgent } from './agent.ts';
import plugin from './index.ts';

test('it does its commands in the workspace and hands in', async () => {
  await using workspace = await hostWorkspace({ 'lib.txt': 'one\n' });
  const { context, steps } = fakeSeat(workspace);
  expect(await createAgent({}).run('Write it down.', context)).toEqual({ status: 'Completed' });
  expect(steps()).toBe(2);
  const { stdout } = await runCommand(workspace, ['cat', 'lib.txt', 'NOTES.md']);
  expect(stdout.toString()).toBe('one\nWrite it down.\n');
});

test('what it did, and what peers said, is in the trajectory and the log', async () => {
  await using workspace = await hostWorkspace();
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

test('it stops at its limit', async () => {
  await using workspace = await hostWorkspace();
  const { context, steps } = fakeSeat(workspace, { limits: { maxSteps: 1 } });
  const agent = createAgent({ commands: ['true', 'true'] });
  expect(await agent.run('Do it.', context)).toEqual({ status: 'LimitsExceeded' });
  expect(steps()).toBe(1);
});

test('an abort ends it, and what it runs', async () => {
  await using workspace = await hostWorkspace();
  const { context } = fakeSeat(workspace, { signal: AbortSignal.timeout(200) });
  await expect(createAgent({ commands: ['sleep 60'] }).run('Do it.', context)).rejects.toThrow('timeout');
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('agents', '__name__', { command: [] })).toThrow(
    'unknown key "command"; did you mean "commands"?',
  );
});
