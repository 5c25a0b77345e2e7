import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentError, ConfigError } from '@cooperbench/core';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { type ProviderAnswer, providerKey, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { programFolder } from '../fake-program.test.support.ts';
import type { AgentOptions } from '../options.ts';
import { codex } from './agent.ts';
import { fakeCodex } from './fake-codex.test.support.ts';
import { messagesOf } from './items.ts';
import { codexMember, shell } from './subject.test.support.ts';

const folder = programFolder();

const env = { COOPERBENCH_API_KEY: providerKey };

async function work(
  command: string,
  script: readonly ProviderAnswer[],
  retries = 0,
  { configFile, ...options }: AgentOptions & { configFile?: string } = {},
) {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const channels = [{ name: 'messages', instructions: 'Write with `send_message`.' }];
  const access = { model: codexMember.model, baseUrl: provider.url, configFile };
  const seat = fakeSeat(workspace, { ...access, seat: 'agent1', peers: ['agent2'], channels });
  const result = await codex({ command, retries, ...options }, env)
    .run('Greet.', seat.context)
    .catch((error: unknown) => error);
  return { result, seat, requests: provider.requests };
}

const greets = [shell('echo hello; exit 3'), { text: 'Done.' }];

test('the trajectory has the instructions, the task, what the model said and called, and what its tools answered', async () => {
  const { result, seat, requests } = await work(fakeCodex(folder), greets);
  expect(result).toEqual({ status: 'Completed' });
  const instructions = expect.stringMatching(/^You are agent1\.[\s\S]*send_message/);
  expect(seat.messages()).toMatchObject([
    { role: 'system', content: instructions },
    { role: 'user', content: 'Greet.' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ name: 'commandExecution', arguments: { command: 'echo hello; exit 3' } }],
    },
    { role: 'tool', content: 'hello\nfailed, exit code 3\n' },
    { role: 'assistant', content: 'Done.' },
  ]);
  expect(requests[0]?.body.input).toMatchObject([
    { role: 'developer', content: [{ text: instructions }] },
    { role: 'user', content: [{ text: 'Greet.' }] },
  ]);
});

test("the user's config.toml, the effort and the length of a conversation reach it", async () => {
  const configFile = join(folder, 'config.toml');
  writeFileSync(configFile, 'hide_agent_reasoning = true\n');
  const show = `const { readFileSync: r } = require('node:fs'); console.error(process.argv.join(' '), r(process.env.CODEX_HOME + '/config.toml', 'utf8')); process.on('exit', () => { process.exitCode = 3; });`;
  const { result } = await work(fakeCodex(folder, 'shows', show), greets, 0, {
    ...{ configFile, effort: 'low', contextWindow: 50_000 },
  });
  const { message } = result as Error;
  expect(message).toContain('-c model_reasoning_effort="low" -c model_context_window=50000');
  expect(message).toContain('hide_agent_reasoning = true');
});

test('a rate limit that ends is waited out', async () => {
  const { result, requests } = await work(fakeCodex(folder), [{ status: 429 }, { text: 'Done.' }], 1);
  expect([result, requests.length]).toEqual([{ status: 'Completed' }, 2]);
});

test('a turn that fails says why', async () => {
  const { result } = await work(fakeCodex(folder), [shell('true'), { status: 422 }]);
  expect(result).toMatchObject({
    scope: 'work',
    message:
      'Codex failed: unexpected status 422; the last request to the model failed: scripted failure (HTTP 422)',
  });
});

/** Returns why it ended before its model answered. */
const startFailure = (result: unknown): string | undefined =>
  AgentError.is(result) && result.code === 'AGENT_START' ? result.message : undefined;

test('a refused request of the adapter is not scored, and says why', async () => {
  const refuse = `
    const { log } = console;
    console.log = (line) => log(/"thread":/.test(line) ? JSON.stringify({ id: 2, error: { code: -1, message: 'no threads left' } }) : line);`;
  const { result } = await work(fakeCodex(folder, 'refusing', refuse), greets);
  expect(startFailure(result)).toMatch(/Codex failed: no threads left$/);
});

test('warnings and unreadable output are logged, and a question of Codex gets an answer', async () => {
  const extra = `
    console.log('[]');
    console.log(JSON.stringify({ method: 'warning', params: { message: 'unknown model' } }));
    console.log(JSON.stringify({ method: 'error', params: { error: { message: 'Reconnecting' } } }));
    console.log(JSON.stringify({ method: 'turn/completed' }));
    console.log(JSON.stringify({ id: 'ask', method: 'item/tool/requestUserInput', params: {} }));
    process.stdin.on('data', (data) => String(data).includes('-32601') && console.log(JSON.stringify({ method: 'warning', params: { message: 'answered' } })));`;
  const { result, seat } = await work(fakeCodex(folder, 'chatty', extra), greets);
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.texts('log').filter((text) => !text.startsWith('gateway'))).toEqual([
    'Codex: unknown model',
    'Codex: Reconnecting',
    expect.stringMatching(/^unreadable output of chatty: .*turn\/completed/),
    'Codex: answered',
  ]);
});

test('Codex that ends before its model has answered is not scored', async () => {
  const leave = `process.stdin.once('data', () => process.exit());`;
  const { result } = await work(fakeCodex(folder, 'leaving', leave), greets);
  expect(startFailure(result)).toMatch(/Codex failed: Codex (has )?ended/);
});

test('items of any kind are calls with results, and items with other fields than expected add nothing', () => {
  const started = { method: 'item/started', params: { item: { type: 'fileChange', id: 'a', changes: [1] } } };
  const completed = {
    method: 'item/completed',
    params: { item: { type: 'fileChange', id: 'a', changes: [1], status: 'completed' } },
  };
  expect([...messagesOf(started, undefined), ...messagesOf(completed, undefined)]).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a', name: 'fileChange', arguments: { changes: [1] } }] },
    { role: 'tool', content: '{"status":"completed"}' },
  ]);
  const others = [undefined, {}, { item: null }, { item: { type: 3 } }, { item: { type: 'reasoning' } }];
  expect(
    others.flatMap((params) => [...messagesOf({ method: 'item/completed', params }, undefined)]),
  ).toEqual([]);
});

test.for(['claude-sonnet-4-5', 'gemini/gemini-2.5-pro'])('%s is refused before the run', async (model) => {
  const keys = { ANTHROPIC_API_KEY: providerKey, GEMINI_API_KEY: providerKey };
  const error = await codex({}, keys)
    .preflight?.({ model })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_MODEL_FORMAT');
});
