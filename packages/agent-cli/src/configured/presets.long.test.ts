import { spawnSync } from 'node:child_process';
import { type AgentContext, AgentError, runCommand } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import {
  frameworkContract,
  frameworkSubject,
  type ProviderAnswer,
  providerKey,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { describe, expect, test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import plugin from '../index.ts';
import { createConfiguredCli } from './agent.ts';
import { buildPresetOptions } from './definition.ts';
import { fakeAider, fakeMini } from './fake-presets.test.support.ts';
import { type CliPreset, type PresetOptions, presets } from './presets.ts';

const folder = programFolder();
const commands = { aider: fakeAider(folder), mini: fakeMini(folder) };

const agentOf = (
  name: keyof typeof commands,
  given: PresetOptions = {},
  env = { COOPERBENCH_API_KEY: providerKey },
) =>
  createConfiguredCli(
    buildPresetOptions(presets[name] as CliPreset, { command: commands[name], ...given }),
    env,
    name,
  );

const shellOf = {
  aider: (command: string): ProviderAnswer => ({ text: `I do it.\n\`\`\`bash\n${command}\n\`\`\`` }),
  mini: (command: string): ProviderAnswer => ({ toolCalls: [{ name: 'bash', arguments: { command } }] }),
};

// The contract of `cli` shows the rest. Aider asks its model only once when it runs a command.
const cases = frameworkContract.filter(({ name }) =>
  [
    'it works in the repository',
    'an abort stops it',
    'a message that comes when it has finished',
    'a sandbox that is lost',
    'a key that the provider refuses stops',
    'a rate limit',
    'the key is in no record',
  ].some((start) => name.startsWith(start)),
);

describe.for(['aider', 'mini'] as const)('%s', (name) => {
  const shell = shellOf[name];
  const subject = frameworkSubject({
    agent: (env) => agentOf(name, {}, env as { COOPERBENCH_API_KEY: string }),
    ...{ model: 'gpt-4o', shell, crash: shell('kill -9 $PPID') },
    ...(name === 'mini' && { done: shell('echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT') }),
  });
  test.for(cases)('$name', (agentCase) => agentCase.check(subject));
});

/** Runs Aider with these answers. Resolves with how it ended, what it left, and what its model was asked. */
async function aider(answers: readonly ProviderAnswer[], overrides: Partial<AgentContext> = {}) {
  await using provider = await scriptedProvider(answers);
  await using workspace = await hostSandbox();
  const seat = fakeSeat(workspace, { model: 'gpt-4o', baseUrl: provider.url, ...overrides });
  const ended = await agentOf('aider', { effort: 'high' })
    .run('Work.', seat.context)
    .catch((error: unknown) => (AgentError.is(error) ? [error.code, error.message] : error));
  const { stdout } = await runCommand(workspace, ['git', 'status', '--porcelain']);
  return { ended, left: stdout.toString(), asked: provider.requests.map(({ body }) => JSON.stringify(body)) };
}

const asksForFile: ProviderAnswer = { text: 'Show me README.md.' };

test('Aider may see files and run commands, and what it keeps for itself is not handed in', async () => {
  const { ended, left, asked } = await aider([asksForFile, shellOf.aider('echo made > made.txt')]);
  expect(ended).toEqual({ status: 'Completed' });
  expect(left).toBe('?? made.txt\n');
  expect(asked).toHaveLength(2);
});

test('Aider continues its conversation when a message waits', async () => {
  const inbox = fakeInbox(['[Message from agent2]: I take README.md.']);
  const { asked } = await aider([{ text: 'First.' }, { text: 'Second.' }], {
    ...{ seat: 'agent1', peers: ['agent2'], inbox },
  });
  expect(asked[1]).toMatch(/Work\.[\s\S]*First\.[\s\S]*I take README\.md/);
});

test.for([
  ['is away', { status: 503 }, 'AGENT_MODEL_UNAVAILABLE', /./],
  ['refuses the key', { status: 401 }, 'AGENT_AUTHENTICATION', /./],
  [
    'cannot read so much',
    'context exceeded',
    'AGENT_FAILED',
    /^the last request to the model failed: .*128000 tokens/,
  ],
] as const)('Aider ends well when its model %s, and the seat does not', async ([, answer, code, reason]) => {
  expect((await aider([asksForFile, answer])).ended).toEqual([code, expect.stringMatching(reason)]);
});

test('mini samples as its options say', () => {
  const mini = presets.mini as CliPreset;
  const givenValue = { effort: 'low', temperature: 0.3, topP: 0.8 };
  expect(buildPresetOptions(mini, givenValue).command.slice(7)).toEqual([
    ...['--config', 'mini.yaml', '--config', 'model.model_kwargs.reasoning_effort=low'],
    ...['--config', 'model.model_kwargs.temperature=0.3', '--config', 'model.model_kwargs.top_p=0.8'],
    ...['--task', '{prompt}'],
  ]);
  expect(buildPresetOptions(mini).command).not.toContain('--config');
});

const registry = createContainer([plugin()]).get(tokens.registry);

test.for(Object.keys(presets))('%s has a layer with the version and the registry of the user', (name) => {
  const [layer] =
    registry.get('agents', name).layers?.({ version: '2.0.1', registry: 'https://pypi.example/simple/' }) ??
    [];
  expect(layer?.key).toBe(`cli-${name}-2.0.1`);
  expect(layer?.install).toContain("version='2.0.1'\nregistry='https://pypi.example/simple'\n");
  for (const input of [layer?.install, layer?.check])
    expect(spawnSync('sh', ['-n'], { input }).stderr.toString()).toBe('');
});

test.for([
  ['aider', { retries: 3 }],
  ['aider', { effort: 'enormous' }],
  ['mini', { version: "1'; rm -rf /" }],
] as const)('options of %s are refused: %o', ([name, options]) => {
  expect(() => registry.checkOptions('agents', name, options)).toThrow(/are not valid/);
});
