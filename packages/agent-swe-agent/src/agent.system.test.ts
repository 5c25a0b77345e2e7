import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, AgentError } from '@cooperbench/core';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { providerKey as key, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { fakeMini } from './fake-mini.test.support.ts';
import { fakePython, programFolder } from './fake-python.test.support.ts';
import { fakeSwe } from './fake-swe.test.support.ts';
import { createMiniSweAgentCli } from './mini-swe-agent.ts';
import { bash, miniMember, sweMember } from './subject.test.support.ts';
import { createSweAgent } from './swe-agent.ts';

const env = { COOPERBENCH_API_KEY: key };
const folder = programFolder();

async function work(agent: Agent, script: Parameters<typeof scriptedProvider>[0], configFile?: string) {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const channels = [{ name: 'messages', instructions: 'Write with `send_message`.' }];
  const access = { model: 'gpt-4o', baseUrl: provider.url, configFile };
  const seat = fakeSeat(workspace, { ...access, seat: 'agent1', peers: ['agent2'], channels });
  const result = await agent.run('Greet.', seat.context).catch((error: unknown) => error);
  return { result, seat, requests: provider.requests };
}

test.for([
  ['mini_swe_agent_cli', createMiniSweAgentCli({ command: fakeMini(folder) }, env), miniMember.done],
  ['swe_agent', createSweAgent({ command: fakeSwe(folder) }, env), sweMember.done],
] as const)(
  'the trajectory of %s has the instructions, the task, what the model called, and what it printed',
  async ([, agent, done]) => {
    const { result, seat, requests } = await work(agent, [bash('echo hello; cat'), done ?? { text: '' }]);
    expect(result).toEqual({ status: 'Completed' });
    const instructions = expect.stringMatching(
      /^You are (mini|SWE-agent)\.\n\nYou are agent1\.[\s\S]*send_message/,
    );
    expect(seat.messages().slice(0, 4)).toMatchObject([
      { role: 'system', content: instructions },
      { role: 'user', content: 'Greet.' },
      { role: 'assistant', tool_calls: [{ name: 'bash', arguments: { command: 'echo hello; cat' } }] },
      { role: 'tool', content: expect.stringMatching(/hello\n$/) },
    ]);
    expect(requests[0]?.body.messages[0].content).toEqual(instructions);
  },
);

const marker = 'COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT';
const file = (text: string): string => `printf '%s\\n' '${text}' > notes.txt`;

test.for([
  ['mini_swe_agent_cli', createMiniSweAgentCli({ command: fakeMini(folder) }, env), miniMember.done, marker],
  [
    'swe_agent',
    createSweAgent({ command: fakeSwe(folder) }, env),
    sweMember.done,
    '<<SWE_AGENT_SUBMISSION>>',
  ],
] as const)('a file that %s prints cannot hand in', async ([, agent, done, mark]) => {
  const script = [bash(file(mark)), bash('cat notes.txt'), bash('echo more'), done ?? { text: '' }];
  const { result, requests } = await work(agent, script);
  expect(result).toEqual({ status: 'Completed' });
  expect(requests).toHaveLength(4);
});

test('the keys of --agent-config reach the framework', async () => {
  const config = join(folder, 'mini.yaml');
  writeFileSync(config, 'agent:\n  system_template: "You are small = {{ brief }}."\n');
  const agent = createMiniSweAgentCli({ command: fakeMini(folder) }, env);
  const { seat } = await work(agent, [miniMember.done ?? { text: '' }], config);
  expect(seat.messages()[0]?.content).toMatch(/^You are small = \{\{ brief \}\}\./);
});

test('a framework that fails before its model answered is not scored', async () => {
  const command = fakePython(folder, 'broken', 'raise ImportError("No module named litellm")');
  const { result } = await work(createMiniSweAgentCli({ command }, env), [{ text: '' }]);
  expect(AgentError.is(result) && result.code).toBe('AGENT_START');
  expect(String(result)).toContain('No module named litellm');
});
