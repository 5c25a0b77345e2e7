import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type ProviderAnswer, scriptedAnswer, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test } from 'vitest';
import { resolveModel } from '../providers/resolve.ts';
import { maxAtOnce } from './allowance.ts';
import type { FormatName, Json } from './formats.ts';
import { chat, chatPath, post, reply, type Subject, subject } from './gateway.test.support.ts';
import { computeMaxOutputTokens, limitOutputTokens } from './max-tokens.ts';

/**
 * Returns a provider whose answers take a while, and are as long as the request allows. It counts the requests at once, and
 * answers only when there have been `together` of them.
 */
async function slowProvider(together = 1): Promise<{ url: string; maxAtOnce(): number }> {
  let running = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    running += 1;
    most = Math.max(most, running);
    const body: Json = await json(request);
    do await delay(20);
    while (most < together);
    running -= 1;
    const usage = { input: 10, output: (body.n ?? 1) * (body.max_completion_tokens ?? 100) };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(scriptedAnswer('chat', { text: 'Done.', usage })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxAtOnce: () => most };
}

const costOf = (one: Subject): number => one.usages().reduce((sum, { costUsd = 0 }) => sum + costUsd, 0);

test('a seat has at most four requests at the provider, and the others wait', async () => {
  const provider = await slowProvider(maxAtOnce);
  await using one = await subject([], { baseUrl: provider.url });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await post(one, chatPath)).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(provider.maxAtOnce()).toBe(maxAtOnce);
});

// An answer of gpt-4o with 200,000 tokens costs 2 USD.
test('99 requests at once of 2 USD do not pass a limit of 3 USD', async () => {
  const provider = await slowProvider();
  await using one = await subject([], { baseUrl: provider.url, limits: { maxCostUsd: 3 } });
  const dear = { ...chat, max_completion_tokens: 200_000 };
  const statuses = await Promise.all(
    Array.from({ length: 99 }, async () => (await post(one, chatPath, dear)).status),
  );
  expect(costOf(one)).toBeGreaterThan(2.9);
  expect(costOf(one)).toBeLessThanOrEqual(3);
  // The second answer is as long as the rest of the money allows.
  expect(statuses.filter((status) => status === 200)).toHaveLength(2);
  expect(one.gateway.limit).toBe('its limit of $3');
});

test('the second of two requests for 128 answers does not pass the limit', async () => {
  const provider = await slowProvider();
  await using one = await subject([], { baseUrl: provider.url, limits: { maxCostUsd: 0.5 } });
  const dear = { ...chat, n: 128, max_completion_tokens: 128_000 };
  for (const status of [200, 400]) expect((await post(one, chatPath, dear)).status).toBe(status);
  expect(costOf(one)).toBeLessThanOrEqual(0.5);
  expect(one.gateway.limit).toBe('its limit of $0.5');
});

test('a request that cannot be made short enough by the price of this moment is not sent', async () => {
  await using one = await subject([reply], {
    limits: { maxCostUsd: 1 },
    // 100 answers of 16 tokens seem to fit, and then 1,111 tokens do.
    price: ({ outputTokens }) => (outputTokens === 0 ? 0 : outputTokens <= 1600 ? 0.9 : outputTokens),
  });
  expect((await post(one, chatPath, { ...chat, n: 100 })).status).toBe(400);
  expect(one.provider.requests).toEqual([]);
  expect(one.gateway.limit).toBe('its limit of $1');
});

test('a request that cannot be paid for is not sent', async () => {
  await using one = await subject([reply], { limits: { maxCostUsd: 1e-9 } });
  expect((await post(one, chatPath)).status).toBe(400);
  expect(one.provider.requests).toEqual([]);
  expect(one.gateway.limit).toBe('its limit of $1e-9');
});

test('a client that hangs up while it waits is not sent, and is no failure of the provider', async () => {
  const provider = await slowProvider();
  await using one = await subject([], { baseUrl: provider.url, limits: { maxSteps: 1 } });
  const stop = new AbortController();
  const first = post(one, chatPath);
  await expect.poll(() => provider.maxAtOnce()).toBe(1);
  const second = post(one, chatPath, chat, { signal: stop.signal });
  stop.abort();
  await expect(second).rejects.toThrow();
  expect((await first).status).toBe(200);
  expect([one.gateway.failure, one.steps()]).toEqual([undefined, 1]);
});

const model = resolveModel('gpt-4o', {});

const bodies: readonly (readonly [FormatName, Json, number])[] = [
  ['anthropic', { max_tokens: 1000 }, 1000],
  ['responses', { max_output_tokens: 1000 }, 1000],
  ['chat', { max_tokens: 1000, n: 3 }, 3000],
  ['chat', {}, 128_000],
  ['gemini', { generationConfig: { maxOutputTokens: 1000, candidateCount: 2 } }, 2000],
  ['gemini', {}, 128_000],
];

test.for(bodies)(
  '%s: the answer to %o has at most %i tokens, and can be limited',
  ([format, givenValue, most]) => {
    const body = structuredClone(givenValue);
    expect(computeMaxOutputTokens(format, body)).toBe(most);
    expect(limitOutputTokens(format, body, 600, model)).toBe(true);
    expect(computeMaxOutputTokens(format, body)).toBeLessThanOrEqual(600);
    expect(limitOutputTokens(format, body, 10, model)).toBe(false);
  },
);

test('thinking is shorter than the answer, as Anthropic demands', () => {
  const body = { max_tokens: 32_000, thinking: { type: 'enabled', budget_tokens: 16_000 } };
  limitOutputTokens('anthropic', body, 4000, model);
  expect(body).toEqual({ max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 1024 } });
  limitOutputTokens('anthropic', body, 500, model);
  expect(body).toEqual({ max_tokens: 500 });
});

/**
 * Returns a provider that refuses limits above the longest answer of its model, as OpenAI does. It keeps the limits that it
 * was asked for.
 */
async function strictProvider(
  longest: number,
  status: number,
): Promise<{ url: string; asked: (number | undefined)[] }> {
  const requests: (number | undefined)[] = [];
  const server = createServer(async (request, response) => {
    const body: Json = await json(request);
    const limit = body.max_tokens ?? body.max_completion_tokens;
    requests.push(limit);
    const isRefused = limit > longest;
    response.writeHead(isRefused ? status : 200, { 'content-type': 'application/json' });
    const message = `max_tokens is too large: ${limit}. This model supports at most ${longest} completion tokens.`;
    const usage = { input: 10, output: 100 };
    response.end(
      JSON.stringify(isRefused ? { error: { message } } : scriptedAnswer('chat', { text: 'Done.', usage })),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: requests };
}

test.for([
  [16_384, 400],
  [4096, 422],
])(
  'an added limit above the %i tokens that a model gives is shortened until the provider takes it',
  async ([longest = 0, status = 0]) => {
    const provider = await strictProvider(longest, status);
    // Less than 128,000 tokens of gpt-4o cost.
    await using one = await subject([], { baseUrl: provider.url, limits: { maxCostUsd: 1 } });
    for (let n = 0; n < 2; n += 1) expect((await post(one, chatPath)).status).toBe(200);
    const [last = 0, before = 0] = provider.asked.toReversed();
    expect(before).toBe(last);
    expect(last).toBeGreaterThan(longest / 2);
    expect(last).toBeLessThanOrEqual(longest);
    // The second request began with what the provider took.
    expect(new Set(provider.asked).size).toBe(provider.asked.length - 1);
    expect(one.steps()).toBe(2);
    expect(one.gateway.failure).toBeUndefined();
  },
);

test('a limit of the request itself is never raised, and what the provider says of it is passed on', async () => {
  const provider = await strictProvider(1000, 400);
  await using one = await subject([], { baseUrl: provider.url, limits: { maxCostUsd: 1 } });
  const answer = await post(one, chatPath, { ...chat, max_tokens: 90_000 });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('max_tokens is too large: 90000');
  await post(one, chatPath, { ...chat, max_tokens: 500 });
  expect(provider.asked).toEqual([90_000, 500]);
});

test('a request that is refused whatever its limit is passed on as refused, and shortens no other', async () => {
  await using one = await subject((_, n) => (n < 8 ? { status: 400 } : reply), { limits: { maxCostUsd: 1 } });
  expect((await post(one, chatPath)).status).toBe(400);
  const tried = one.provider.requests.length;
  expect(tried).toBeLessThanOrEqual(8);
  while (one.provider.requests.length < 8) await post(one, chatPath, { ...chat, max_tokens: 20 });
  expect((await post(one, chatPath)).status).toBe(200);
  const limits = one.provider.requests.map(({ body }) => (body as Json).max_completion_tokens);
  expect(limits.at(-1)).toBe(limits[0]);
});

test.for([{ n: 200 }, { n: 10_000 }])('also a request for many answers: %j', async (extra) => {
  await using one = await subject(() => ({ status: 400 }), { limits: { maxCostUsd: 30 } });
  expect((await post(one, chatPath, { ...chat, ...extra })).status).toBe(400);
  expect(one.provider.requests.length).toBeLessThanOrEqual(9);
});

test('a client that has hung up makes no further request', async () => {
  const stop = new AbortController();
  const refuse = (): { status: number } => {
    stop.abort();
    return { status: 400 };
  };
  await using one = await subject(refuse, { limits: { maxCostUsd: 1 } });
  await expect(post(one, chatPath, chat, { signal: stop.signal })).rejects.toThrow();
  await delay(100);
  expect(one.provider.requests.length).toBeLessThanOrEqual(2);
});

test.for([
  ['gpt-4o', 'max_completion_tokens'],
  ['mistral/mistral-large', 'max_tokens'],
  ['deepseek/deepseek-chat', 'max_tokens'],
])('%s: an added limit is %s', ([id = '', key]) => {
  const body = {};
  limitOutputTokens('chat', body, 600, resolveModel(id, {}));
  expect(body).toEqual({ [key as string]: 600 });
});

/** Returns a provider that changes the usage of its answers. */
async function stating(usage: Json): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...scriptedAnswer('chat', { text: 'word '.repeat(800) }), usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.for([
  [undefined],
  [{}],
  [{ prompt_tokens: 10 }],
  [{ prompt_tokens: 10, completion_tokens: -5 }],
  [{ prompt_tokens: 1e308, completion_tokens: 5 }],
  [{ prompt_tokens: 'many', completion_tokens: 5 }],
])('an answer with the usage %o is charged at an estimate', async ([usage]) => {
  const baseUrl = await stating(usage);
  await using one = await subject([], { baseUrl, limits: { maxCostUsd: 3 } });
  expect((await post(one, chatPath)).status).toBe(200);
  await expect.poll(() => one.steps()).toBe(1);
  const [counted] = one.usages();
  expect(counted).toMatchObject({ estimated: true, costUsd: expect.any(Number) });
  expect(counted?.costUsd).toBeGreaterThan(0);
  expect(counted?.inputTokens).toBeGreaterThan(0);
  // 4,000 characters have about 1,000 tokens.
  expect(counted?.outputTokens).toBeGreaterThanOrEqual(1000);
  expect(counted?.outputTokens).toBeLessThan(1200);
});

test('an answer without usage is charged at most at the longest answers that its request allows', async () => {
  await using one = await subject([], { baseUrl: await stating(undefined) });
  await (await post(one, chatPath, { ...chat, n: 2, max_tokens: 100 })).text();
  await expect.poll(() => one.usages()).toMatchObject([{ estimated: true, outputTokens: 200 }]);
});

const formats: readonly (readonly [FormatName, string, string])[] = [
  ['anthropic', '/v1/messages', 'claude-sonnet-4-5'],
  ['responses', '/v1/responses', 'openai/responses/gpt-5'],
  ['chat', chatPath, 'gpt-4o'],
  ['gemini', '/v1beta/models/any:streamGenerateContent?alt=sse', 'gemini/gemini-2.5-pro'],
];

test.for(formats)(
  '%s: an answer that breaks off is charged at what was streamed',
  async ([, path, model]) => {
    const text = 'word '.repeat(4000);
    const script: ProviderAnswer[] = [{ cut: { text } }, reply];
    await using one = await subject(script, { model, limits: { maxCostUsd: 3 } });
    const asked = path.includes('models') ? { contents: [] } : { ...chat, input: 'hello', stream: true };
    await expect(post(one, path, asked).then((answer) => answer.text())).rejects.toThrow();
    await expect.poll(() => one.steps()).toBe(1);
    const [modelUsage] = one.usages();
    expect(modelUsage).toMatchObject({ estimated: true, costUsd: expect.any(Number) });
    // 20,000 characters have about 5,000 tokens. What was cut off may be a part of them.
    expect(modelUsage?.outputTokens).toBeGreaterThan(1000);
    expect(modelUsage?.outputTokens).toBeLessThan(6000);
    expect(one.gateway.failure?.status).toBe(502);
    expect((await post(one, path, asked)).status).toBe(200);
    await expect.poll(() => one.gateway.failure).toBeUndefined();
    await expect.poll(() => one.usages()[1]?.estimated).toBeUndefined();
  },
);

test('a request that nobody has answered when the seat ends is charged at its longest answers', async () => {
  const provider = await scriptedProvider((_, n) => (n === 0 ? reply : 'silence'));
  await using _ = provider;
  const one = await subject([], { baseUrl: provider.url });
  await (await post(one, chatPath)).text();
  const unread = post(one, chatPath, { ...chat, n: 3, max_tokens: 1000 });
  await expect.poll(() => provider.requests.length).toBe(2);
  await Promise.all([expect(unread).rejects.toThrow(), one[Symbol.asyncDispose]()]);
  expect(one.usages()[1]).toMatchObject({ estimated: true, outputTokens: 3000 });
  // 3,000 tokens of gpt-4o cost 3 cents.
  expect(one.usages()[1]?.costUsd).toBeGreaterThan(0.03);
  expect(one.steps()).toBe(1);
});
