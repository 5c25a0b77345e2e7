import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@cooperbench/core';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { providerKey as key, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import type { AgentOptions } from '../options.ts';
import { createClaudeCode } from './agent.ts';
import { type ClaudeEvent, messagesOf } from './events.ts';
import { fakeClaude } from './fake-claude.test.support.ts';
import { bash } from './subject.test.support.ts';

const folder = programFolder();

const env = { COOPERBENCH_API_KEY: key };

async function work(command: string, script = [bash('echo hello'), { text: 'Done.' }]) {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const channels = [{ name: 'messages', instructions: 'Write with `send_message`.' }];
  const access = { model: 'claude-sonnet-4-5', baseUrl: provider.url };
  const seat = fakeSeat(workspace, { ...access, seat: 'agent1', peers: ['agent2'], channels });
  const result = await createClaudeCode({ command, retries: 0 }, env)
    .run('Greet.', seat.context)
    .catch((error: unknown) => error);
  return { result, seat, requests: provider.requests };
}

test('the trajectory has the instructions, the task, what the model said and called, and what its tools answered', async () => {
  const { result, seat, requests } = await work(fakeClaude(folder));
  expect(result).toEqual({ status: 'Completed' });
  const instructions = expect.stringMatching(/^You are agent1\.[\s\S]*send_message/);
  expect(seat.messages()).toMatchObject([
    { role: 'system', content: instructions },
    { role: 'user', content: 'Greet.' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ name: 'Bash', arguments: { command: 'echo hello' } }],
    },
    { role: 'tool', content: 'hello\n' },
    { role: 'assistant', content: 'Done.' },
  ]);
  expect(requests[0]?.body.system).toEqual(instructions);
});

test('output that is not its own is logged, and what it says on standard error explains a failure', async () => {
  const extra = `console.log('Warning: old'); console.log('null'); process.on('exit', () => { process.exitCode = 4; console.error('no more memory'); });`;
  const { result, seat } = await work(fakeClaude(folder, 'chatty', extra));
  expect(result).toMatchObject({ scope: 'work', message: 'chatty exited with 4: no more memory' });
  expect(seat.texts('log').filter((text) => text.startsWith('unreadable'))).toEqual([
    expect.stringMatching(/^unreadable output of chatty: .*: Warning: old$/),
    'unreadable output of chatty: not an object: null',
  ]);
});

test('events with other fields than expected add nothing', () => {
  const lines = [
    { type: 'assistant' },
    { type: 'assistant', message: { content: 'text' } },
    { type: 'assistant', message: { content: [null, 3, { type: 'thinking' }] } },
    { type: 'user', message: { content: [{ type: 'text', text: 'replayed' }] } },
    { type: 'system' },
  ];
  expect(lines.flatMap((line) => [...messagesOf(line as ClaudeEvent)])).toEqual([]);
});

test('events name their answer, their call and their sub-agent, and keep what the model thought', () => {
  const from = { parent_tool_use_id: 'task_1' };
  const call = { type: 'tool_use', id: 'call_1', name: 'Bash', input: { command: 'ls' } };
  const result = { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'lib.txt' }] };
  const thought = { type: 'thinking', thinking: 'Look first.', signature: 's' };
  const lines: ClaudeEvent[] = [
    { type: 'assistant', message: { id: 'msg_1', content: [thought] }, ...from },
    { type: 'assistant', message: { id: 'msg_1', content: [call] }, ...from },
    { type: 'user', message: { content: [result] }, parent_tool_use_id: null },
  ];
  const answer = { role: 'assistant', content: '', timestamp: expect.any(Number), response_id: 'msg_1' };
  expect(lines.flatMap((line) => [...messagesOf(line)])).toEqual([
    { ...answer, reasoning_content: 'Look first.', subagent: 'task_1' },
    { ...answer, tool_calls: [{ id: 'call_1', name: 'Bash', arguments: call.input }], subagent: 'task_1' },
    { role: 'tool', content: 'lib.txt', timestamp: expect.any(Number), tool_call_id: 'call_1' },
  ]);
});

test.for(['gpt-4o', 'gemini/gemini-2.5-pro'])('%s is refused before the run', async (model) => {
  const keys = { OPENAI_API_KEY: key, GEMINI_API_KEY: key };
  const error = await createClaudeCode({}, keys)
    .preflight?.({ model })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_MODEL_FORMAT');
});

test('a model without a known price is named, unless an option states it', async () => {
  await using provider = await scriptedProvider([]);
  const access = { model: 'litellm_proxy/our-claude', baseUrl: provider.url };
  const unknown = createClaudeCode({}, env);
  expect(await unknown.knowsPrice?.(access)).toBe(false);
  expect(await unknown.preflight?.(access)).toContainEqual(
    'The price of litellm_proxy/our-claude is not known: its cost is not counted. State it in USD per million tokens, --price litellm_proxy/our-claude=INPUT,OUTPUT.',
  );
  expect(await createClaudeCode({ price: { input: 3, output: 15 } }, env).knowsPrice?.(access)).toBe(true);
});

const show = `require('node:fs').writeFileSync('started', JSON.stringify([process.argv.slice(2), process.env]));`;

/** Returns the arguments and the environment that Claude Code starts with. */
async function startedWith(options: AgentOptions, configFile?: string): Promise<[string, NodeJS.ProcessEnv]> {
  await using provider = await scriptedProvider([{ text: 'Done.' }]);
  await using workspace = await hostSandbox();
  const access = { model: 'claude-sonnet-4-5', baseUrl: provider.url, configFile };
  const command = fakeClaude(folder, 'shows', show);
  await createClaudeCode({ ...options, command }, env).run('Go.', fakeSeat(workspace, access).context);
  const text = Buffer.from(await workspace.readFile(`${workspace.repoDir}/started`)).toString();
  const [argv, environment] = JSON.parse(text);
  return [argv.join(' '), environment];
}

test('it starts without tools that reach the network, unless the study opens them', async () => {
  expect((await startedWith({}))[0]).toContain('--disallowedTools WebSearch,WebFetch');
  expect((await startedWith({ providerFeatures: ['web_search'] }))[0]).toMatch(/--disallowedTools WebFetch$/);
  const both = await startedWith({ providerFeatures: ['web_search', 'web_fetch'] });
  expect(both[0]).not.toContain('--disallowedTools');
});

test('its settings, the effort and the length of a conversation reach it', async () => {
  const file = join(folder, 'settings.json');
  writeFileSync(file, '{ "alwaysThinkingEnabled": true }');
  const [argv, environment] = await startedWith({ effort: 'low', contextWindow: 50_000 }, file);
  expect(argv).toContain('--settings {"alwaysThinkingEnabled":true} --effort low');
  expect(environment.CLAUDE_CODE_AUTO_COMPACT_WINDOW).toBe('50000');
});

test.for([
  ['{ "model": "opus" }', 'it has the key "model", which CooperBench sets'],
  [
    '{ "env": { "ANTHROPIC_BASE_URL": "x" } }',
    'it has the key "env.ANTHROPIC_BASE_URL", which CooperBench sets',
  ],
  ['[]', 'it is not a JSON object'],
] as const)('the settings %s are refused before the run', async ([text, reason]) => {
  const configFile = join(folder, 'refused.json');
  writeFileSync(configFile, text);
  const error = await createClaudeCode({}, env)
    .preflight?.({ model: 'claude-sonnet-4-5', baseUrl: 'http://127.0.0.1:1', configFile })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && [error.code, error.message]).toEqual([
    'AGENT_CONFIG',
    `The agent configuration ${configFile} cannot be used: ${reason}`,
  ]);
});
