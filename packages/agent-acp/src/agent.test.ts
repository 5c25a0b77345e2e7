import { type AgentContext, AgentError, ConfigError } from '@cooperbench/core';
import { fakeInbox, fakeSeat, hostSandbox } from '@cooperbench/testing';
import { type ProviderAnswer, providerKey, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test, vi } from 'vitest';
import { createAcpAgent } from './agent.ts';
import { fakeProgram, programFolder } from './fake-program.test.support.ts';
import type { AcpProgram, SeatOptions } from './options.ts';
import { shell } from './subject.test.support.ts';
import { findText } from './template.ts';

const folder = programFolder();
const env = { COOPERBENCH_API_KEY: providerKey };

const greets = [shell('echo hello'), { text: 'All done.', reasoning: 'It greeted.' }];

async function work(
  program: AcpProgram,
  {
    script = greets,
    options,
    ...given
  }: { script?: readonly ProviderAnswer[]; options?: SeatOptions } & Partial<AgentContext> = {},
) {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const channels = [{ name: 'messages', instructions: 'Write with `send_message`.' }];
  const access = { model: 'gpt-4o', baseUrl: provider.url };
  const seat = fakeSeat(workspace, { ...access, seat: 'agent1', peers: ['agent2'], channels, ...given });
  const result = await createAcpAgent('acp', program, { retries: 0, ...options }, env)
    .run('Greet.', seat.context)
    .catch((error: unknown) => error);
  return { result, seat, requests: provider.requests };
}

/** Returns why it ended before its model answered. */
const startFailure = (result: unknown): string | undefined =>
  AgentError.is(result) && result.code === 'AGENT_START' ? result.message : undefined;

test('the trajectory has the instructions, the task, thinking, texts, tool calls and their results', async () => {
  const { result, seat, requests } = await work(fakeProgram(folder));
  expect(result).toEqual({ status: 'Completed' });
  const instructions = expect.stringMatching(/^You are agent1\.[\s\S]*send_message/);
  const call = { id: 'call_1_0', name: 'shell', arguments: { command: 'echo hello' } };
  expect(seat.messages()).toMatchObject([
    { role: 'system', content: instructions },
    { role: 'user', content: 'Greet.' },
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', content: 'hello\n' },
    { role: 'assistant', content: '', reasoning_content: 'It greeted.' },
    { role: 'assistant', content: 'All done.' },
  ]);
  expect(requests[0]?.body.messages).toEqual([
    {
      role: 'user',
      content: expect.stringMatching(/^You are agent1\.[\s\S]*send_message[\s\S]*\n\nGreet\.$/),
    },
  ]);
});

test('a program that gets messages after its turn is told to read them before', async () => {
  const inbox = fakeInbox(['[Message from agent2]: I take README.md.']);
  const { seat, requests } = await work(fakeProgram(folder), { inbox });
  expect(JSON.stringify(requests[0]?.body)).toContain('Run `read_messages` between your steps');
  expect(requests.at(-1)?.body.messages.at(-1).content).toBe('[Message from agent2]: I take README.md.');
  expect(seat.messages().filter(({ role }) => role === 'user')).toHaveLength(2);
});

test('a program that asks for the messages of its session gets them between two steps', async () => {
  const drain = `hooks.beforeStep = async () => {
    const { result } = await request('craft/drainMidTurnQueue', {});
    for (const text of result.messages) messages.push({ role: 'user', content: text });
  };`;
  const inbox = fakeInbox([], ['[Message from agent2]: I take README.md.']);
  const { result, seat, requests } = await work(fakeProgram(folder, 'draining', drain), { inbox });
  expect(result).toEqual({ status: 'Completed' });
  expect(requests[1]?.body.messages.at(-1).content).toBe('[Message from agent2]: I take README.md.');
  expect(JSON.stringify(seat.messages())).toContain('I take README.md.');
});

test('files, variables and arguments have the values of their placeholders, and nothing without a value', async () => {
  const show = `
    const { readFileSync } = require('node:fs');
    const { FILE, EFFORT, NONE } = process.env;
    hooks.beforeStep = () => messages.push({ role: 'user', content: JSON.stringify([process.argv.slice(3), EFFORT, NONE, readFileSync(FILE, 'utf8')]) });`;
  const program = fakeProgram(folder, 'showing', show);
  const { requests } = await work(
    {
      ...program,
      command: [...program.command, '--attempts', '{attempts}', '--effort={effort}'],
      env: { ...program.env, FILE: '{folder}/a/settings.json', EFFORT: '{effort}' },
      files: {
        'a/settings.json': {
          '{model}': { retries: '{retries}', effort: 'is {effort}' },
          sampling: ['{temperature}', '{top_p}', '{context_window}'],
        },
      },
    },
    {
      script: [{ text: 'Done.' }],
      options: { retries: 3, effort: 'high', temperature: 0.3, topP: 0.8, contextWindow: 50_000 },
    },
  );
  const shownLines = [
    ['--attempts', '4', '--effort=high'],
    'high',
    null,
    '{"gpt-4o":{"retries":3,"effort":"is high"},"sampling":[0.3,0.8,50000]}',
  ];
  expect(JSON.parse(requests[0]?.body.messages.at(-1).content)).toEqual(shownLines);
});

test('what has a placeholder without a value is left out', () => {
  const values = {
    ...{ model: 'm', model_url: '', token: '', folder: '', retries: 5, attempts: 6 },
    ...{ effort: undefined, temperature: undefined, top_p: undefined, context_window: undefined },
  };
  const template = {
    args: ['--effort={effort}', '{model}'],
    reasoning: '{effort}',
    nested: { effort: '{effort}' },
  };
  expect(findText(template, values)).toBe('{"args":["m"],"nested":{}}');
  expect(findText('{effort}', values)).toBeUndefined();
});

test('a session can need a method of authentication and a mode', async () => {
  const insist = `hooks.beforeStep = () => { if (hooks.authenticated !== 'token' || hooks.mode !== 'code') throw new Error('no'); };`;
  const program = fakeProgram(folder, 'insisting', insist);
  const { result } = await work({ ...program, authenticate: 'token', mode: 'code' });
  expect(result).toEqual({ status: 'Completed' });
});

test('a program that cannot start says why on standard error', async () => {
  const { result } = await work(
    fakeProgram(folder, 'broken', `console.error('no module'); process.exit(3);`),
  );
  expect(startFailure(result)).toMatch(/broken-1 failed: broken exited with 3: no module$/);
});

test('a refusal says why', async () => {
  const refuse = `methods['session/new'] = () => { throw new Error('log in first'); };`;
  const { result } = await work(fakeProgram(folder, 'refusing', refuse));
  expect(startFailure(result)).toMatch(/refusing-1 failed: log in first$/);
});

test('a program that never answers fails its seat', async () => {
  const { result } = await work(
    fakeProgram(folder, 'hanging', `methods.initialize = () => new Promise(() => {});`),
    {
      options: { startSeconds: 1 },
    },
  );
  expect(startFailure(result)).toMatch(/hanging-1 failed: it opened no session within 1 s$/);
});

test('a program of another version of the protocol is named', async () => {
  const { result } = await work(
    fakeProgram(folder, 'newer', `methods.initialize = () => ({ protocolVersion: 2 });`),
  );
  expect(startFailure(result)).toMatch(/newer-1 failed: it speaks version 2 of the protocol, not 1$/);
});

test('a turn that stops early is a failure whose work counts', async () => {
  const { result } = await work(fakeProgram(folder, 'stopping', `hooks.stopReason = 'max_turn_requests';`));
  const message = 'stopping-1 failed: its turn ended with max_turn_requests';
  expect(result).toMatchObject({ scope: 'work', message });
});

test('a program that ends its turn when its model is overloaded has not finished', async () => {
  const swallow = `const asks = ask; ask = () => asks().catch(() => ({ role: 'assistant', content: 'I stop.' }));`;
  const { result } = await work(fakeProgram(folder, 'quiet', swallow), {
    script: [shell('true'), { status: 429, message: 'too many' }],
  });
  expect(AgentError.is(result) && result.code).toBe('AGENT_MODEL_UNAVAILABLE');
});

test('a turn that continues after a limit of its model is cancelled', async () => {
  const linger = `
    const asks = ask; ask = () => asks().catch(() => new Promise((resolve) => {
      hooks.cancel = () => { hooks.stopReason = 'cancelled'; resolve({ role: 'assistant', content: 'Cancelled.' }); };
    }));`;
  const { result, seat } = await work(fakeProgram(folder, 'lingering', linger), { limits: { maxSteps: 1 } });
  expect(result).toEqual({ status: 'LimitsExceeded' });
  expect(seat.messages().at(-1)?.content).toBe('Cancelled.');
});

test('a program that ignores the end of its input is killed, and has finished', async () => {
  const { result } = await work(
    fakeProgram(folder, 'staying', 'hooks.staysAlive = setInterval(() => {}, 1000);'),
  );
  expect(result).toEqual({ status: 'Completed' });
});

test('nonsense is logged, and the program works on', async () => {
  const noise = `
    console.log('starting');
    for (const odd of [[], null, 3, {}, { id: 'x', result: {} }, { id: '\\u001b[2J', error: {} }]) console.log(JSON.stringify(odd));
    write({ method: 'session/update' });
    write({ method: 'session/update', params: { update: { sessionUpdate: 'tool_call' } } });
    write({ method: 'session/update', params: { update: { sessionUpdate: 'agent_message_chunk', content: 3 } } });
    write({ id: { odd: true }, method: 'session/request_permission' });
    write({ id: 'files', method: 'fs/read_text_file', params: { sessionId: 'one', path: '/etc/passwd' } });
    asked.set('files', ({ error }) => error.code === -32601 && console.log('no files'));`;
  const printed = vi.spyOn(console, 'error');
  const { result, seat } = await work(fakeProgram(folder, 'noisy', noise));
  expect(result).toEqual({ status: 'Completed' });
  expect(printed).not.toHaveBeenCalled();
  printed.mockRestore();
  const unreadable = seat.texts('log').filter((text) => text.startsWith('unreadable output of noisy'));
  expect(unreadable.map((text) => text.replace(/^.*: /, ''))).toEqual([
    ...['starting', '[]', 'null', '3', '{}', '{"id":"x","result":{}}', '{"id":"\\u001b[2J","error":{}}'],
    'no files',
  ]);
});

test('a flood of requests is answered one at a time, and the program works on', async () => {
  const flood = `for (let n = 0; n < 20000; n += 1) write({ id: 'flood ' + n, method: 'odd/request', params: {} });`;
  const { result } = await work(fakeProgram(folder, 'flooding', flood));
  expect(result).toEqual({ status: 'Completed' });
});

test('a model of another API is refused before the run', async () => {
  const error = await createAcpAgent('acp', fakeProgram(folder), {}, { GEMINI_API_KEY: providerKey })
    .preflight?.({ model: 'gemini/gemini-2.5-pro' })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_MODEL_FORMAT');
});
