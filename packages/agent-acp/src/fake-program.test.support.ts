import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { AcpProgram } from './options.ts';

/** A small program that speaks the protocol and chat completions, with one tool, `shell`, for which it asks permission. */
const program = `
const { execFile } = require('node:child_process');
const { MODEL_URL: url, MODEL_TOKEN: token, RETRIES: retries } = process.env;
const hooks = {}, messages = [], arrived = [], asked = new Map();
let calls = 0, working;
const write = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
const update = (update) => write({ method: 'session/update', params: { sessionId: 'one', update } });
const request = (method, params) => new Promise((resolve) => {
  const id = 'call ' + ++calls;
  asked.set(id, resolve);
  write({ id, method, params: { sessionId: 'one', ...params } });
});
const isTemporary = ({ status }) => status === 429 || status >= 500;
async function ask(attempt = 0) {
  const response = await fetch(url + '/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + token },
    body: JSON.stringify({ model: process.argv[2], messages }),
  });
  if (isTemporary(response) && attempt < Number(retries)) return ask(attempt + 1);
  if (!response.ok) throw Object.assign(new Error('the model answered ' + response.status), { code: -32603 });
  return (await response.json()).choices[0].message;
}
async function shell({ id, function: { name, arguments: given } }) {
  const rawInput = JSON.parse(given);
  const toolCall = { toolCallId: id, title: rawInput.command, kind: 'execute', status: 'pending' };
  update({ sessionUpdate: 'tool_call', ...toolCall });
  const options = [{ optionId: 'no', name: 'No', kind: 'reject_once' }, { optionId: 'yes', name: 'Yes', kind: 'allow_once' }];
  const { result } = await request('session/request_permission', { toolCall, options });
  if (result.outcome.optionId !== 'yes') throw new Error('not permitted');
  update({ sessionUpdate: 'tool_call_update', toolCallId: id, name, rawInput, status: 'in_progress' });
  const output = await new Promise((resolve) =>
    execFile('sh', ['-c', rawInput.command], (_, out, err) => resolve(out + err)));
  messages.push({ role: 'tool', tool_call_id: id, content: output });
  const content = [{ type: 'content', content: { type: 'text', text: output } }];
  update({ sessionUpdate: 'tool_call_update', toolCallId: id, status: 'completed', content });
}
async function turn() {
  do {
    for (const text of arrived.splice(0)) messages.push({ role: 'user', content: text });
    await hooks.beforeStep?.();
    const message = await ask();
    messages.push(message);
    if (message.reasoning_content)
      update({ sessionUpdate: 'agent_thought_chunk', content: { type: 'text', text: message.reasoning_content } });
    for (const text of message.content.split(/(?= )/))
      update({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });
    for (const call of message.tool_calls ?? []) await shell(call);
  } while (messages.at(-1).role === 'tool' || arrived.length > 0);
  return { stopReason: hooks.stopReason ?? 'end_turn' };
}
const methods = {
  initialize: ({ clientCapabilities }) => {
    if (clientCapabilities.terminal || clientCapabilities.fs.readTextFile) throw new Error('a client with files');
    return { protocolVersion: 1, agentCapabilities: {}, authMethods: [] };
  },
  authenticate: ({ methodId }) => ((hooks.authenticated = methodId), {}),
  'session/new': ({ cwd }) => (process.chdir(cwd), { sessionId: 'one' }),
  'session/set_mode': ({ modeId }) => ((hooks.mode = modeId), {}),
  'session/prompt': ({ prompt }) => {
    arrived.push(prompt.map(({ text }) => text).join(''));
    working ??= turn().finally(() => (working = undefined));
    return working;
  },
};
require('node:readline').createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, method, params, ...answer } = JSON.parse(line);
    if (method === undefined) return asked.get(id)?.(answer);
    if (method === 'session/cancel') return hooks.cancel?.();
    try {
      write({ id, result: await methods[method](params) });
    } catch ({ code = -32603, message }) {
      write({ id, error: { code, message } });
    }
  })
  .on('close', () => { if (!hooks.staysAlive) process.exit(); });
`;

/** Returns a folder for programs, which the end of the test file removes. Call it outside of tests. */
export function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'acp-program-'));
  // A package.json above it says nothing about these programs.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the program. `extra` are statements that run before it reads its input. */
export function fakeProgram(folder: string, name: string = 'agent', extra: string = ''): AcpProgram {
  const path = join(folder, name);
  const listen = "require('node:readline')";
  const changed = program.replace(listen, () => `${extra}\n${listen}`);
  writeFileSync(path, `#!/usr/bin/env node\n${changed}`, { mode: 0o755 });
  return {
    name: `${name}-1`,
    api: 'openai',
    command: [path, '{model}'],
    env: { MODEL_URL: '{model_url}', MODEL_TOKEN: '{token}', RETRIES: '{retries}' },
  };
}
