import { type Agent, AgentError, ConfigError } from '@cooperbench/core';
import { createContainer, readLayers, tokens } from '@cooperbench/runs';
import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { providerKey as key, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fakeServer, serverFolder } from './fake-server.test.support.ts';
import plugin from './index.ts';
import { openHands } from './openhands.ts';
import { terminal } from './subject.test.support.ts';

const env = { COOPERBENCH_API_KEY: key };
const folder = serverFolder();

async function work(command: string, script = [terminal('echo hello'), { text: 'Done.' }]) {
  await using provider = await scriptedProvider(script);
  await using workspace = await hostSandbox();
  const channels = [{ name: 'messages', instructions: 'Write with `send_message`.' }];
  const access = { model: 'gpt-4o', baseUrl: provider.url };
  const seat = fakeSeat(workspace, { ...access, seat: 'agent1', peers: ['agent2'], channels });
  const result = await openHands({ command, retries: 0 }, env)
    .run('Greet.', seat.context)
    .catch((error: unknown) => error);
  return { result, seat, requests: provider.requests };
}

const instructions = expect.stringMatching(/^You are agent1\.[\s\S]*send_message/);
const trajectory = [
  { role: 'system', content: instructions },
  { role: 'user', content: 'Greet.' },
  {
    role: 'assistant',
    content: '',
    tool_calls: [{ name: 'terminal', arguments: { command: 'echo hello' } }],
  },
  { role: 'tool', content: 'hello\n' },
  { role: 'assistant', content: 'Done.' },
];

test('the trajectory has the instructions, the task, what the model said and called, and what its tools answered', async () => {
  const { result, seat, requests } = await work(fakeServer(folder));
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.messages()).toMatchObject(trajectory);
  expect(seat.messages()).toHaveLength(trajectory.length);
  expect(requests[0]?.body.messages[0].content).toMatch(/^You are OpenHands\. You are agent1\./);
});

test('a connection that ends after every event loses no event, and repeats none', async () => {
  const { result, seat } = await work(
    fakeServer(folder, 'cutting', 'hooks.afterSend = (socket) => { if (events.length < 4) socket.end(); };'),
  );
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.messages()).toMatchObject(trajectory);
  expect(seat.messages()).toHaveLength(trajectory.length);
});

test('a pause by code in the sandbox does not end the work', async () => {
  const once = 'let paused = 0; hooks.pause = () => paused++ === 0;';
  const { result, seat } = await work(fakeServer(folder, 'pausing', once));
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.messages()).toMatchObject(trajectory);
});

test('a conversation that ends in another way is a failure of the agent, and its work counts', async () => {
  const { result } = await work(fakeServer(folder, 'stuck', "hooks.ending = 'stuck';"));
  expect(result).toMatchObject({ scope: 'work', message: 'OpenHands ended as stuck' });
});

test('an answer without events leaves the trajectory empty, and the seat still ends', async () => {
  const { result, seat } = await work(
    fakeServer(
      folder,
      'garbled',
      "routes['GET /api/conversations/ID/events/search'] = () => ({ items: [null] });",
    ),
  );
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.messages()).toHaveLength(2);
  expect(seat.texts('log')).toContainEqual(
    expect.stringMatching(/^OpenHands server: events are missing: .*null/),
  );
});

test('an answer of the server is read up to 16 MiB', async () => {
  const route = "routes['GET /api/conversations/ID/events/search'] = () =>";
  const { result, seat } = await work(
    fakeServer(folder, 'endless', `${route} ({ items: [], more: 'x'.repeat(17 << 20) });`),
  );
  expect(result).toEqual({ status: 'Completed' });
  expect(seat.texts('log')).toContainEqual(
    expect.stringMatching(/^OpenHands server: events are missing: .*exceeded/),
  );
});

test('a server of another version stops the run', async () => {
  const { result, requests } = await work(fakeServer(folder, 'old', "info.version = '1.44.0';"));
  expect(AgentError.is(result) && [result.code, result.scope, result.message]).toEqual([
    'AGENT_SERVER_VERSION',
    'run',
    'The OpenHands server in the sandbox has version 1.44.0, but openhands works only with 1.58.x.',
  ]);
  expect(requests).toEqual([]);
});

test.for([
  [
    "console.error('no module named openhands'); process.exit(3);",
    'agent-server exited with 3: no module named openhands',
  ],
  ["delete routes['POST /api/conversations'];", 'POST /api/conversations got HTTP 404: {}'],
] as const)('a server that does not begin is not a failure of the agent: %s', async ([extra, reason]) => {
  const { result } = await work(fakeServer(folder, 'agent-server', extra));
  expect(AgentError.is(result) && [result.code, result.scope, result.message]).toEqual([
    'AGENT_START',
    'seat',
    `The framework ended before its model answered: The server did not take the task: ${reason}`,
  ]);
});

test('a model on Vertex AI is refused before the run', async () => {
  const error = await openHands({}, { ...env, VERTEXAI_PROJECT: 'p' })
    .preflight?.({ model: 'vertex_ai/gemini-2.5-pro', baseUrl: 'http://127.0.0.1:1' })
    .catch((error: unknown) => error);
  expect(ConfigError.is(error) && error.code).toBe('AGENT_MODEL_FORMAT');
});

test.for(['openhands', 'openhands_sdk'])('prepare and doctor find the software of %s', async (name) => {
  const registry = createContainer([plugin()]).get(tokens.registry);
  expect(await readLayers(registry, name, { version: '1.58.1' })).toMatchObject([
    { key: 'openhands-1.58.1' },
  ]);
});

test.for(['openhands', 'openhands_sdk'])('%s says how to state a price that is not known', async (name) => {
  const agent = (await plugin().agents?.[name]?.create({})) as Agent;
  vi.stubEnv('COOPERBENCH_API_KEY', key);
  onTestFinished(() => void vi.unstubAllEnvs());
  await using provider = await scriptedProvider([]);
  const access = { model: 'litellm_proxy/ours', baseUrl: provider.url };
  expect(await agent.preflight?.(access)).toContainEqual(
    expect.stringContaining('--price litellm_proxy/ours=INPUT,OUTPUT'),
  );
});
