import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelEvent, type SeatPlan, TrialMailboxes } from '@cooperbench/core';
import {
  defaultTimeLimits,
  messagesChannel,
  type NamedChannel,
  Relay,
  TrialChannels,
} from '@cooperbench/core/host';
import { hostSandbox } from '@cooperbench/testing';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import plugin from '../index.ts';

const seats: readonly SeatPlan[] = [3, 7].map((feature, index) => ({
  ...{ id: `agent${index + 1}`, features: [feature], fileStem: `agent${feature}` },
}));

/** What closes when the test ends, the last one first. */
let stack: (() => unknown)[];
let channels: TrialChannels;
let events: ChannelEvent[];
/** By seat, the path of the server in its sandbox. */
let servers: string[];

beforeEach(async () => {
  stack = [];
  events = [];
  servers = [];
  const scratch = mkdtempSync(join(tmpdir(), 'cooperbench-mcp-'));
  stack.push(async () => rmSync(scratch, { recursive: true }));
  const mailboxes = new TrialMailboxes();
  const { signal } = new AbortController();
  channels = new TrialChannels({
    ...{ id: 'team/t/1/f3_f7', seats, limits: defaultTimeLimits, signal, closing: signal },
    scratch: (name) => join(scratch, name),
    mailbox: async (seat) => mailboxes.open(seat),
    emit: (event) => events.push(event),
    exceed: (seat, error) => expect.fail(`${seat}: ${error.message}`),
    warn: (text) => expect.fail(text),
  });
  stack.push(() => channels[Symbol.asyncDispose]());
  const own = ['tasks', 'folder', 'requests', 'mcp'].map(async (name): Promise<NamedChannel> => {
    const channel = await plugin().channels?.[name]?.create({});
    return { name, title: name, channel: channel ?? expect.fail(name) };
  });
  const namedChannels = await Promise.all(own);
  await channels.open(
    [{ name: 'messages', title: 'messages', channel: messagesChannel }, ...namedChannels],
    signal,
  );
  for (const { id } of seats) {
    const workspace = await hostSandbox();
    stack.push(() => workspace[Symbol.asyncDispose]());
    const relay = await Relay.start({
      ...{ seat: id, workspace, commands: channels.commands, run: channels.run },
      onLost: (reason) => expect.fail(reason),
      onLimit: (error) => expect.fail(error.message),
    });
    stack.push(() => relay[Symbol.asyncDispose]());
    const executable = (command: string): string => relay.executable(command);
    await channels.join(id, { workspace, executable, signal });
    servers.push(executable('cooperbench_mcp'));
  }
});

afterEach(async () => {
  for (const close of stack.reverse()) await close();
});

/** Returns the official client, which starts the server as a framework in the sandbox does. */
async function connect(seat: 0 | 1): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  // The sandbox of this backend is a folder of the host.
  await client.connect(new StdioClientTransport({ command: servers[seat] ?? '' }));
  stack.push(() => client.close());
  return client;
}

async function call(client: Client, name: string, givenValue: Record<string, unknown> = {}): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: givenValue });
  const [first] = content as { text: string }[];
  return `${isError ? 'error: ' : ''}${first?.text}`;
}

test('the official client sees and calls the commands of all channels', async () => {
  const client = await connect(0);
  expect(client.getServerVersion()?.name).toBe('cooperbench');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    ...['send_message', 'read_messages', 'task_list', 'task_create', 'task_claim', 'task_update'],
    ...['share_file', 'request', 'respond', 'requests', 'wait_for_message'],
  ]);
  expect(tools.find(({ name }) => name === 'task_claim')?.description).toContain('Usage: task_claim ID');
  expect(await call(client, 'task_claim', { args: ['1'] })).toBe(
    '1 [in_progress] owner=agent1: Implement feature 3',
  );
  expect(await call(client, 'task_claim', { args: ['2'] })).toBe('error: task 2 belongs to somebody else');
  expect(await call(client, 'task_update', { args: ['2', 'done'] })).toMatch(/^error: task_update: task 2/);
  expect(await call(client, 'task_claim')).toBe('error: usage: task_claim ID');
  expect(await call(client, 'share_file', { args: ['plan.md'], stdin: 'the plan\n' })).toBe(
    'Shared plan.md.',
  );
  const long = 'x'.repeat(256 * 1024);
  const refusal = 'refused: the text is longer than 262144 bytes';
  expect(await call(client, 'share_file', { args: ['fits'], stdin: long })).toBe('Shared fits.');
  expect(await call(client, 'share_file', { args: ['a'], stdin: `${long}x` })).toBe(
    `error: share_file: ${refusal}`,
  );
  expect(await call(client, 'task_create', { args: [long] })).toBe(`error: task_create: ${refusal}`);
  expect(await call(client, 'task_create', { args: ['a\0b'] })).toBe(
    'error: task_create: refused: an argument has the character NUL',
  );
  expect(await call(client, 'task_create', { args: ['--help'] })).toBe(
    'usage: task_create [--assign SEAT] TITLE',
  );
  const other = await connect(1);
  expect(await call(other, 'task_list')).toContain('1 [in_progress] owner=agent1: Implement feature 3');
  await expect(call(client, 'rm', { args: ['-rf'] })).rejects.toThrow('there is no such tool');
  await expect(call(client, 'task_list', { args: 'x' })).rejects.toThrow('args must be a list of strings');
  await expect(call(client, 'wait_for_message', { seconds: -1 })).rejects.toThrow('seconds must be a number');
  await client.ping();
});

test('a tool waits for a message, which reaches nobody else, although the agent waits for it as well', async () => {
  const [first, second] = [await connect(0), await connect(1)];
  const agent = await channels.inbox('agent2');
  const stop = new AbortController();
  const seen = agent?.take({ waitMs: 60_000, signal: stop.signal });
  const pending = call(second, 'wait_for_message', { seconds: 60 });
  await delay(100);
  expect(await call(first, 'send_message', { args: ['agent2', 'take', 'lib'] })).toBe('Sent to agent2.');
  expect(await pending).toBe('[Message from agent1]: take lib');
  // Afterwards the agent gets what comes, as before.
  await call(first, 'send_message', { args: ['agent2', 'and docs'] });
  expect((await seen)?.map(({ text }) => text)).toEqual(['[Message from agent1]: and docs']);
  expect(await call(second, 'wait_for_message', { seconds: 0 })).toBe('No message within 0 s.');
  const delivered = events.filter(({ type }) => type === 'message_delivered');
  expect(delivered).toHaveLength(2);
});

test('a call that is cancelled keeps no message, and a client that dies ends its calls', async () => {
  const [first, second] = [await connect(0), await connect(1)];
  const cancel = new AbortController();
  const pending = second.callTool({ name: 'wait_for_message', arguments: { seconds: 60 } }, undefined, {
    signal: cancel.signal,
  });
  await delay(100);
  cancel.abort('no more');
  await expect(pending).rejects.toThrow('no more');
  await delay(100);
  await call(first, 'send_message', { args: ['agent2', 'hello'] });
  expect(await call(second, 'wait_for_message', { seconds: 60 })).toBe('[Message from agent1]: hello');

  call(second, 'wait_for_message', { seconds: 60 }).catch(() => {});
  await delay(100);
  await second.close();
  const agent = await channels.inbox('agent2');
  await call(first, 'send_message', { args: ['agent2', 'again'] });
  const notes = await agent?.take({ waitMs: 60_000 });
  expect(notes?.map(({ text }) => text)).toEqual(['[Message from agent1]: again']);
});
