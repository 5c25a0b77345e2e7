import { createContainer, tokens } from '@cooperbench/runs';
import { fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import {
  frameworkContract,
  frameworkSubject,
  type ProviderAnswer,
  providerKey,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { createAgent } from './agent.ts';
import plugin from './index.ts';

/** The model's answer that runs a command. */
const shell = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'bash', arguments: { command } }],
});

/** The parent of the command is the program. */
const subject = frameworkSubject({
  agent: (env) => createAgent({}, env),
  ...{ model: 'gpt-4o', shell, crash: shell('kill -9 $PPID') },
});

// What CooperBench promises of every agent: limits, an abort, messages, failures of the provider, a crash, a lost sandbox.
test.for(frameworkContract)('$name', { timeout: 60_000 }, (one) => one.check(subject));

test('what it did, and what its peers said, is in the trajectory', async () => {
  await using provider = await scriptedProvider([shell('echo well'), { text: 'Done.' }, { text: 'I know.' }]);
  await using workspace = await hostSandbox();
  const { take, giveBack } = fakeInbox(['[Message from agent2]: I take README.md.']);
  const isDone = () => messages().some(({ content }) => content === 'Done.');
  const { context, messages } = fakeSeat(workspace, {
    // The message comes when the program has finished its first turn, however long that takes.
    ...{ seat: 'agent1', peers: ['agent2'], inbox: { take: async () => (isDone() ? take() : []), giveBack } },
    ...{ model: 'gpt-4o', baseUrl: provider.url },
  });
  await createAgent({}, { COOPERBENCH_API_KEY: providerKey }).run('Do it.', context);
  expect(messages().map(({ role, content }) => [role, content])).toEqual([
    ['system', expect.stringContaining('You are agent1.')],
    ['user', 'Do it.'],
    ['assistant', ''],
    ['tool', 'well\n'],
    ['assistant', 'Done.'],
    ['user', '[Message from agent2]: I take README.md.'],
    ['assistant', 'I know.'],
  ]);
});

test('unknown options are refused', () => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(() => registry.checkOptions('agents', '__name__', { prices: {} })).toThrow(
    'unknown key "prices"; did you mean "price"?',
  );
});
