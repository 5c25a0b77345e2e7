import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ProviderRequest, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test } from 'vitest';
import { planModel } from '../providers/plan.ts';
import type { FormatName, Json } from './formats.ts';
import { chat, chatPath, key, post, reply, subject } from './gateway.test.support.ts';
import { openGateway } from './open-gateway.ts';

const calls: readonly (readonly [FormatName, string, boolean, string, string])[] = [
  ['anthropic', '/v1/messages', false, 'claude-sonnet-4-5', 'x-api-key'],
  ['anthropic', '/v1/messages', true, 'claude-sonnet-4-5', 'x-api-key'],
  ['responses', '/v1/responses', false, 'gpt-5-codex', 'authorization'],
  ['responses', '/responses', true, 'openai/responses/gpt-5', 'authorization'],
  ['chat', '/v1/chat/completions', false, 'gpt-4o', 'authorization'],
  ['chat', '/chat/completions', true, 'gpt-4o', 'authorization'],
  ['gemini', '/v1beta/models/any:generateContent', false, 'gemini/gemini-2.5-pro', 'x-goog-api-key'],
  [
    'gemini',
    '/v1beta/models/any:streamGenerateContent?alt=sse',
    true,
    'gemini/gemini-2.5-pro',
    'x-goog-api-key',
  ],
  ['gemini', '/v1beta/models/any:streamGenerateContent', true, 'gemini/gemini-2.5-pro', 'x-goog-api-key'],
];

test.for(calls)('%s at %s, streamed: %s', async ([format, path, stream, model, header]) => {
  await using one = await subject([reply], { model });
  const { token } = one.gateway;
  const body = format === 'gemini' ? { contents: [] } : { model: 'another', messages: [], stream };
  const answer = await post(one, path, body, {
    headers: { [header]: header === 'authorization' ? `Bearer ${token}` : token },
  });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toContain('Looking.');
  expect(text.startsWith('data:') || text.startsWith('event:')).toBe(stream && !path.endsWith('Content'));
  const [request] = one.provider.requests;
  expect(request?.headers[header]).toContain(key);
  expect(JSON.stringify(request)).not.toContain(token);
  const name = model.replace(/^.*\//, '');
  expect(format === 'gemini' ? request?.path : request?.body.model).toContain(name);
  await expect.poll(() => one.steps()).toBe(1);
  expect(one.usages()).toEqual([
    {
      inputTokens: 1000,
      outputTokens: 50,
      cacheReadTokens: 400,
      cacheWriteTokens: 0,
      costUsd: expect.closeTo(one.usages()[0]?.costUsd ?? 0),
    },
  ]);
  expect(one.usages()[0]?.costUsd).toBeGreaterThan(0);
  expect(one.recorded()).not.toContain(key);
});

test('an answer passes byte by byte, and its usage is priced', async () => {
  await using one = await subject([reply]);
  const direct = await fetch(one.provider.url + chatPath, { method: 'POST', body: JSON.stringify(chat) });
  const through = await post(one, chatPath);
  expect((await through.text()).replace(/-2"/g, '-1"').replaceAll('call_2', 'call_1')).toBe(
    await direct.text(),
  );
  // 600 tokens at $2.50, 400 cached at $1.25 and 50 at $10 a million.
  await expect.poll(() => one.usages()[0]?.costUsd).toBeCloseTo(0.0025, 12);
});

test.for([
  [{ maxSteps: 2 }, 'its limit of 2 steps'],
  [{ maxCostUsd: 0.004 }, 'its limit of $0.004'],
] as const)('after %o the framework gets an error in its own format', async ([limits, limit]) => {
  await using one = await subject([reply], { limits });
  for (let n = 0; n < 2; n += 1) await (await post(one, chatPath)).text();
  await expect.poll(() => one.steps()).toBe(2);
  const refusal = await post(one, chatPath);
  expect(refusal.status).toBe(400);
  expect(((await refusal.json()) as Json).error.message).toContain(limit);
  expect(((await (await post(one, '/v1/messages')).json()) as Json).type).toBe('error');
  expect(((await (await post(one, '/v1/models/x:generateContent')).json()) as Json).error.code).toBe(400);
  expect(one.gateway.limit).toBe(limit);
  expect(one.provider.requests).toHaveLength(2);
  expect(one.steps()).toBe(2);
});

test('requests at once do not pass a limit of steps together', async () => {
  await using one = await subject([reply], { limits: { maxSteps: 3 } });
  const statuses = await Promise.all(
    Array.from({ length: 8 }, async () => (await post(one, chatPath)).status),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(3);
  expect(one.provider.requests).toHaveLength(3);
});

test('only what a framework needs is served', async () => {
  await using one = await subject([reply]);
  const status = async (path: string, init: RequestInit, body?: Json): Promise<number> =>
    (await post(one, path, body, init)).status;
  expect(await status('/', { method: 'HEAD', body: null })).toBe(200);
  expect(await status(chatPath, { headers: { authorization: 'Bearer guessed' } })).toBe(401);
  expect(await status('/v1/files', {})).toBe(404);
  expect(await status('/v1/../admin/keys', {})).toBe(404);
  expect(await status(chatPath, { method: 'PUT' })).toBe(404);
  expect(await status(chatPath, { body: 'not json' })).toBe(400);
  expect(await status(chatPath, {}, [chat])).toBe(400);
  expect(one.provider.requests).toHaveLength(0);
  expect(one.steps()).toBe(0);
});

test('a body that waits to be asked for is asked for', async () => {
  await using one = await subject([reply]);
  const headers = { authorization: `Bearer ${one.gateway.token}` };
  const patient = httpRequest(one.url + chatPath, {
    method: 'POST',
    headers: { ...headers, expect: '100-continue', 'transfer-encoding': 'chunked' },
  });
  patient.once('continue', () => patient.end(JSON.stringify(chat)));
  patient.flushHeaders();
  const [answered] = await once(patient, 'response');
  expect(answered.statusCode).toBe(200);
  answered.resume();
});

test.for([
  [{ status: 401, message: `wrong key ${key}` }, 'AGENT_AUTHENTICATION'],
  [{ status: 403 }, 'AGENT_AUTHENTICATION'],
  [{ status: 402 }, 'AGENT_QUOTA'],
  [{ status: 404 }, 'AGENT_MODEL'],
] as const)('%o ends the run, and the framework stops', async ([answer, code]) => {
  await using one = await subject([answer]);
  const refusal = await post(one, chatPath);
  expect(refusal.status).toBe(400);
  expect(await refusal.text()).not.toContain(key);
  expect(one.gateway.refused.reason).toMatchObject({ name: 'AgentError', code, scope: 'run' });
  expect(one.gateway.refused.reason.message).not.toContain(key);
  expect((await post(one, chatPath)).status).toBe(400);
  // The second is the gateway's own.
  expect(one.provider.requests).toHaveLength(2);
  expect(one.recorded()).not.toContain(key);
});

/** Returns the address of a server that answers everything with a web page. */
async function webSite(status: number): Promise<string> {
  const site = createHttpServer((_, response) => {
    response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Welcome</html>');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void site.close());
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

test('a web page in place of an answer ends the run, and the message names the address', async () => {
  const baseUrl = await webSite(200);
  await using one = await subject([], { baseUrl });
  expect((await post(one, chatPath)).status).toBe(400);
  expect(one.gateway.refused.reason).toMatchObject({ code: 'AGENT_MODEL', scope: 'run' });
  expect(one.gateway.refused.reason.message).toContain(`: ${baseUrl}/v1 answered with a web page (HTML) (`);
  expect([one.gateway.answered, one.steps()]).toEqual([false, 0]);
});

test('a web page as an error of a proxy is a failure that names the address', async () => {
  const baseUrl = await webSite(502);
  await using one = await subject([], { baseUrl });
  expect((await post(one, chatPath)).status).toBe(502);
  const message = `${baseUrl}/v1 answered with a web page (HTML)`;
  expect(one.gateway.failure).toEqual({ status: 502, message, meaning: 'overloaded' });
});

test.for([
  ['claude-sonnet-4-5', '/v1/messages'],
  ['gpt-4o', chatPath],
  ['openai/responses/gpt-5', '/v1/responses'],
  ['gemini/gemini-2.5-pro', '/v1beta/models/any:generateContent'],
] as const)('%s: a refusal that the request itself causes ends nothing', async ([model, path]) => {
  const isOdd = ({ body }: ProviderRequest): boolean => JSON.stringify(body).includes('odd');
  const provider = await scriptedProvider((providerRequest) =>
    isOdd(providerRequest) ? { status: 403 } : reply,
  );
  await using _ = provider;
  await using one = await subject([], { model, baseUrl: provider.url });
  const ask = (text: string): Promise<Response> => {
    const contents = [{ role: 'user', parts: [{ text }] }];
    const body = path.includes('models')
      ? { contents }
      : { messages: [{ role: 'user', content: text }], input: text };
    return post(one, path, body);
  };
  const refusal = await Promise.all([ask('odd'), ask('odd')]);
  expect(refusal.map(({ status }) => status)).toEqual([400, 400]);
  expect(one.gateway.refused.aborted).toBe(false);
  expect(one.gateway.failure?.status).toBe(403);
  expect(await one.gateway.outage()).toBeUndefined();
  expect((await ask('fine')).status).toBe(200);
  // The gateway's own requests are no steps, and the seat does not pay for them.
  await expect.poll(() => one.steps()).toBe(1);
  expect(one.usages()).toHaveLength(1);
  expect(one.recorded()).toMatch(
    /asked by itself .* 1000 tokens in and 50 out for \$0\.00\d+, which the seat does not pay/,
  );
});

test('a refusal in a wire format that the framework does not use ends nothing', async () => {
  const provider = await scriptedProvider(({ format }) => (format === 'chat' ? reply : { status: 404 }));
  await using _ = provider;
  await using one = await subject([], { baseUrl: provider.url });
  expect((await post(one, chatPath)).status).toBe(200);
  expect((await post(one, '/v1/messages')).status).toBe(400);
  expect(one.gateway.refused.aborted).toBe(false);
});

test('an error that a retry may avoid reaches the framework unchanged', async () => {
  const limited = { status: 429, message: 'slow down', headers: { 'retry-after': '0' } };
  await using one = await subject([limited, { status: 503 }, reply]);
  const first = await post(one, chatPath);
  expect([first.status, first.headers.get('retry-after')]).toEqual([429, '0']);
  expect(one.gateway.failure).toEqual({ status: 429, message: 'slow down', meaning: 'rate' });
  expect((await post(one, chatPath)).status).toBe(503);
  expect(one.gateway.failure?.status).toBe(503);
  await (await post(one, chatPath)).text();
  await expect.poll(() => one.gateway.failure).toBeUndefined();
  expect(one.gateway.refused.aborted).toBe(false);
  expect(one.steps()).toBe(1);
});

test('a request that the provider finds wrong is no outage of the provider', async () => {
  await using one = await subject([{ status: 503 }, { status: 400, message: 'odd' }]);
  await post(one, chatPath);
  expect(one.gateway.failure?.status).toBe(503);
  expect((await post(one, chatPath)).status).toBe(400);
  expect(one.gateway.failure?.status).toBe(400);
  expect(await one.gateway.outage()).toBeUndefined();
});

test('a provider that cannot be reached, or breaks off, is a failure', async () => {
  await using closed = await subject([reply], { baseUrl: 'http://127.0.0.1:1' });
  expect((await post(closed, chatPath)).status).toBe(502);
  expect(closed.gateway.failure?.status).toBe(502);
  expect((await post(closed, chatPath)).status).toBe(502);
  expect(closed.events.filter(({ type }) => type === 'notice')).toEqual([
    { type: 'notice', text: expect.stringMatching(/^A call of gpt-4o failed, .* retry it: .*ECONNREFUSED/) },
  ]);
  await using broken = await subject([{ cut: {} }]);
  await expect(post(broken, chatPath).then((answer) => answer.text())).rejects.toThrow();
  await expect.poll(() => broken.gateway.failure?.status).toBe(502);
  expect(broken.steps()).toBe(1);
});

test('repeats a request once when the provider closes its idle connection at that moment', async () => {
  let requests = 0;
  const server = createHttpServer((request, response) => {
    requests += 1;
    if (requests === 2 || requests > 3) return void request.socket.destroy();
    const usage = { prompt_tokens: 1, completion_tokens: 1 };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'Hi.' } }], usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using one = await subject([reply], { baseUrl });
  for (const expected of [1, 3]) {
    const answer = await post(one, chatPath);
    expect([answer.status, (await answer.json()).choices[0].message.content]).toEqual([200, 'Hi.']);
    expect(requests).toBe(expected);
  }
  expect(one.gateway.failure).toBeUndefined();
  expect((await post(one, chatPath)).status).toBe(502);
  expect(requests).toBe(5);
});

test('a client that hangs up in the middle of its request is not a failure of the provider', async () => {
  await using one = await subject([reply]);
  const authorization = `Bearer ${one.gateway.token}`;
  const headers = { authorization, expect: '100-continue', 'content-length': 1000 };
  const clientRequest = httpRequest(one.url + chatPath, { method: 'POST', headers });
  clientRequest.on('error', () => {}).flushHeaders();
  await once(clientRequest, 'continue');
  clientRequest.destroy();
  await (await post(one, chatPath)).text();
  await expect.poll(() => one.steps()).toBe(1);
  expect(one.gateway.failure).toBeUndefined();
  expect(one.recorded()).not.toContain('aborted');
});

test('a framework that hangs up is billed what the provider bills', async () => {
  await using one = await subject([{ ...reply, text: 'x'.repeat(8 << 20) }]);
  const stop = new AbortController();
  const answer = await post(one, chatPath, { ...chat, stream: true }, { signal: stop.signal });
  expect(answer.status).toBe(200);
  stop.abort();
  await expect.poll(() => one.usages()[0]?.inputTokens).toBe(1000);
});

test('a step says when its answer began, because frameworks report an answer while it arrives', async () => {
  await using one = await subject([{ ...reply, text: 'x'.repeat(8 << 20) }]);
  const answer = await post(one, chatPath, { ...chat, stream: true });
  const heard = Date.now() / 1000;
  await answer.text();
  await expect.poll(() => one.steps()).toBe(1);
  const step = one.events.find((event) => event.type === 'step');
  expect(step?.began).toBeLessThanOrEqual(heard);
});

test('a client that does not read delays no other client, and ends with the gateway', async () => {
  await using one = await subject([{ ...reply, text: 'x'.repeat(32 << 20) }, reply]);
  const unread = await post(one, chatPath);
  expect((await post(one, chatPath)).status).toBe(200);
  await expect.poll(() => one.steps()).toBe(1);
  await one.gateway[Symbol.asyncDispose]();
  await expect(unread.text()).rejects.toThrow();
});

test('a gateway that closes ends a request that is never answered', async () => {
  await using one = await subject(['silence']);
  const pending = post(one, chatPath);
  pending.catch(() => {});
  await expect.poll(() => one.provider.requests.length).toBe(1);
  await one.gateway[Symbol.asyncDispose]();
  await expect(pending).rejects.toThrow();
});

test('bodies are logged when asked for, and the key never', async () => {
  for (const logRequests of [true, false]) {
    await using one = await subject([reply], { logRequests });
    await (await post(one, chatPath)).text();
    await expect.poll(() => one.recorded()).toContain('POST /chat/completions 200');
    expect(one.recorded().includes('hello')).toBe(logRequests);
    expect(one.recorded().includes('Looking.')).toBe(logRequests);
    expect(one.recorded()).not.toContain(key);
    expect(one.recorded()).not.toContain(one.gateway.token);
  }
});

test('a model on Vertex AI is refused', async () => {
  const plan = await planModel(
    { model: 'vertex_ai/gemini-2.5-pro', baseUrl: 'http://127.0.0.1:1' },
    undefined,
    {
      COOPERBENCH_API_KEY: key,
      VERTEXAI_PROJECT: 'p',
    },
  );
  expect(() => openGateway({ plan, limits: {}, record: () => {} })).toThrow(
    expect.objectContaining({ name: 'ConfigError', code: 'GATEWAY_VERTEX' }),
  );
});

test('requests after a rate limit wait as long as the provider asks', async () => {
  const limited = { status: 429, headers: { 'retry-after': '1' } };
  await using one = await subject([limited, reply]);
  expect((await post(one, chatPath)).status).toBe(429);
  const started = performance.now();
  expect((await post(one, chatPath)).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(900);
});

test('an account without credit ends the run, in the words of each provider', async () => {
  for (const [path, model] of [
    ['/v1/messages', 'claude-sonnet-4-5'],
    [chatPath, 'gpt-4o'],
    ['/v1/responses', 'openai/responses/gpt-5'],
    ['/v1beta/models/any:generateContent', 'gemini/gemini-2.5-pro'],
  ] as const) {
    await using one = await subject(['no credit'], { model });
    expect((await post(one, path)).status).toBe(400);
    expect(one.gateway.refused.reason).toMatchObject({ code: 'AGENT_QUOTA', scope: 'run' });
  }
});

test('an error in the middle of a stream is a failure, and what was streamed is paid for', async () => {
  const events = [
    { type: 'message_start', message: { usage: { input_tokens: 100, output_tokens: 1 } } },
    { type: 'content_block_delta', delta: { type: 'text_delta', text: 'word '.repeat(100) } },
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ];
  const site = createHttpServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void site.close());
  const baseUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  await using one = await subject([], { model: 'claude-sonnet-4-5', baseUrl });
  await (await post(one, '/v1/messages')).text();
  await expect.poll(() => one.gateway.failure?.message).toBe('Overloaded');
  expect(one.usages()).toMatchObject([{ inputTokens: 100, outputTokens: 125, estimated: true }]);
});

test('parameters and headers that could hide the usage of an answer do not reach the provider', async () => {
  await using one = await subject([reply], { model: 'gemini/gemini-2.5-pro' });
  const path = '/v1beta/models/any:generateContent?fields=candidates&%24fields=candidates&alt=sse';
  const headers = { 'x-goog-api-key': one.gateway.token, 'x-goog-fieldmask': 'candidates' };
  await post(one, path, { contents: [] }, { headers });
  const [request] = one.provider.requests;
  expect(request?.path).toBe('/v1beta/models/gemini-2.5-pro:generateContent?alt=sse');
  expect(request?.headers).not.toHaveProperty('x-goog-fieldmask');
});
