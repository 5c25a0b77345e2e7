import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** The agent-server as far as the adapter knows it: its REST API, its socket, chat completions, and one tool, `terminal`. */
const program = `#!/usr/bin/env node
const { execFile } = require('node:child_process');
const { createHash, randomUUID } = require('node:crypto');
const { createServer } = require('node:http');
const key = process.env.OH_SESSION_API_KEYS_0;
const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
const info = { version: '1.58.0' }, hooks = {};
const messages = [], events = [], sockets = new Set();
let request, running = false, unseen = false, status = 'idle', command = Promise.resolve();

const send = (socket, event) => {
  const body = Buffer.from(JSON.stringify(event)), head = Buffer.alloc(10);
  head[0] = 0x81; head[1] = 127; head.writeBigUInt64BE(BigInt(body.length), 2);
  socket.write(Buffer.concat([head, body]));
};
const say = (event) => { for (const socket of sockets) { send(socket, event); hooks.afterSend?.(socket); } };
const state = () => ({ kind: 'ConversationStateUpdateEvent', key: 'full_state', value: { execution_status: status } });
const emit = (kind, rest) => { const event = { kind, id: randomUUID(), ...rest }; events.push(event); say(event); };
const text = (text) => [{ type: 'text', text }];

const isTemporary = ({ status }) => status === 429 || status >= 500;
async function ask(attempt = 1) {
  const { llm, agent_context } = request.agent;
  const system = { role: 'system', content: 'You are OpenHands. ' + agent_context.system_message_suffix };
  const response = await fetch(llm.base_url + '/chat/completions', {
    method: 'POST',
    headers: { authorization: 'Bearer ' + llm.api_key },
    body: JSON.stringify({ model: llm.model, messages: [system, ...messages] }),
  });
  if (isTemporary(response) && attempt < llm.num_retries) return ask(attempt + 1);
  if (!response.ok) throw new Error('HTTP ' + response.status);
  return (await response.json()).choices[0].message;
}
const terminal = ({ function: call }) => new Promise((resolve) => {
  const { command } = JSON.parse(call.arguments);
  execFile('sh', ['-c', command], { cwd: request.workspace.working_dir }, (_, out, err) => resolve(out + err));
});
async function turn() {
  do {
    unseen = false;
    const answer = await ask();
    messages.push(answer);
    const calls = answer.tool_calls ?? [];
    if (calls.length === 0)
      emit('MessageEvent', { source: 'agent', llm_message: { role: 'assistant', content: text(answer.content) } });
    for (const call of calls) {
      const { id, function: { name, arguments: given } } = call;
      emit('ActionEvent', { source: 'agent', thought: text(answer.content), tool_call: { id, name, arguments: given } });
      command = terminal(call);
      const output = await command;
      messages.push({ role: 'tool', tool_call_id: id, content: output });
      emit('ObservationEvent', { source: 'environment', tool_call_id: id, observation: { content: text(output) } });
      unseen = true;
    }
    if (hooks.pause?.()) return 'paused';
  } while (unseen);
  return hooks.ending ?? 'finished';
}
async function run() {
  if (running) return;
  running = true;
  status = 'running';
  try {
    status = await turn();
  } catch (error) {
    emit('ConversationErrorEvent', { code: 'LLMError', detail: error.message });
    status = 'error';
  }
  running = false;
  say(state());
}
const routes = {
  'GET /server_info': () => info,
  'POST /api/conversations': (_, body) => { request = body; return {}; },
  'GET /api/conversations/ID': () => ({ execution_status: status }),
  'POST /api/conversations/ID/run': () => { run(); return {}; },
  'GET /api/conversations/ID/events/search': (query) => {
    const first = Math.max(0, events.findIndex(({ id }) => id === query.get('page_id')));
    const rest = events.slice(first), limit = Number(query.get('limit'));
    return { items: rest.slice(0, limit), next_page_id: rest[limit]?.id ?? null };
  },
  'POST /api/conversations/ID/events': async (_, body) => {
    await command;
    emit('MessageEvent', { source: 'user', llm_message: body });
    messages.push({ role: 'user', content: body.content });
    unseen = true;
    if (body.run) run();
    return { success: true };
  },
};
const server = createServer(async (incoming, response) => {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  const { pathname, searchParams } = new URL(incoming.url, 'http://server');
  const route = incoming.method + ' ' + pathname.replace(request?.conversation_id, 'ID');
  const known = incoming.headers['x-session-api-key'] === key;
  const answer = known ? await routes[route]?.(searchParams, body && JSON.parse(body)) : undefined;
  response.writeHead(answer === undefined ? (known ? 404 : 401) : 200).end(JSON.stringify(answer ?? {}));
});
server.on('upgrade', ({ headers }, socket) => {
  const accept = createHash('sha1').update(headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n' +
    'Sec-WebSocket-Accept: ' + accept.digest('base64') + '\\r\\n\\r\\n');
  let frame = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    frame = Buffer.concat([frame, chunk]);
    if (sockets.has(socket) || frame.length < 6 + (frame[1] & 127)) return;
    const mask = frame.subarray(2, 6);
    const auth = JSON.parse(frame.subarray(6).map((byte, at) => byte ^ mask[at % 4]).toString());
    if (auth.session_api_key !== key) return socket.destroy();
    sockets.add(socket);
    send(socket, state());
  });
});
// Even when a test has taken its sandbox away.
process.stdin.resume().on('end', () => process.exit());
server.listen(port, '127.0.0.1');
`;

/** Returns a folder for servers, which the end of the test file removes. Call it outside of tests. */
export function serverFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fake-agent-server-'));
  // One in a folder above may say that programs without a suffix are modules.
  writeFileSync(join(folder, 'package.json'), '{}');
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Returns the path of an executable. `extra` are statements that run before the server listens. */
export function fakeServer(folder: string, name: string = 'agent-server', extra: string = ''): string {
  const path = join(folder, name);
  const listen = 'server.listen(';
  writeFileSync(
    path,
    program.replace(listen, () => `${extra}\n${listen}`),
    { mode: 0o755 },
  );
  return path;
}
