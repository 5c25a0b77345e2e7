import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Documents } from '../data/documents.ts';
import { type RunsDocument, urls } from '../data/model.ts';
import { logDirectory, pairFiles, runFiles, trial, write } from '../data/run.test.support.ts';
import { serve, type Viewer } from './serve.ts';

const page = new Map([
  ['index.html', { type: 'text/html', content: Buffer.from('<!doctype html><title>page</title>') }],
]);
let logs: string;
let viewer: Viewer;

beforeEach(async () => {
  logs = logDirectory(runFiles('run'));
  viewer = await serve(new Documents({ logsDir: logs, version: '1' }), 0, page);
});

afterEach(() => viewer[Symbol.asyncDispose]());

/** Asks with these headers, without what fetch would change in them. */
async function ask(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string } = {},
) {
  const url = new URL(viewer.url);
  const clientRequest = request({
    host: url.hostname,
    port: url.port,
    path,
    method,
    headers: Object.fromEntries(
      Object.entries({ host: url.host, ...headers }).filter(([, value]) => value !== undefined),
    ),
  });
  clientRequest.end(body);
  const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) => {
    clientRequest.once('response', (answer) => resolve([answer])).once('error', reject);
  });
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const base = (): string => new URL(viewer.url).pathname;

test('listens on loopback, below a path that nobody can guess', () => {
  expect(viewer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{24}\/$/);
});

test('answers with the page and the documents', async () => {
  expect(await ask(base())).toMatchObject({ status: 200, body: '<!doctype html><title>page</title>' });
  const { status, body, headers } = await ask(`${base()}${urls.runs}`);
  expect(status).toBe(200);
  expect(headers['content-type']).toBe('application/json');
  expect((JSON.parse(body) as RunsDocument).runs.map(({ name }) => name)).toEqual(['run']);
});

test('lets the page make neither code nor markup of what it shows', async () => {
  const live = `${base()}${urls.live('none')}`;
  for (const [path, extra] of [
    ...[base(), `${base()}${urls.runs}`, `${base()}none`, live, '/'].map((path) => [path, {}] as const),
    [base(), { method: 'POST' }],
    [base(), { headers: { host: 'evil.example' } }],
  ] as const) {
    const { headers } = await ask(path, extra);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/,
      ),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).not.toContain('unsafe');
  }
});

test('without its token, nothing answers', async () => {
  for (const path of ['/', '/index.html', `/${'x'.repeat(24)}/`, `/${urls.runs}`, base().slice(0, -2)])
    expect(await ask(path)).toMatchObject({ status: 404, body: 'Not found. The address needs its token.\n' });
});

test.for([
  { host: 'evil.example' },
  { host: '127.0.0.1.evil.example:80' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
])('with %o, nothing answers', async (headers) => {
  expect(await ask(base(), { headers })).toMatchObject({ status: 403 });
});

test('answers at localhost and through a tunnel with another port', async () => {
  expect(await ask(base(), { headers: { host: 'localhost:9999', 'sec-fetch-site': 'none' } })).toMatchObject({
    status: 200,
  });
});

test.for(['PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
  expect(await ask(base(), { method })).toMatchObject({
    status: 405,
    body: 'The viewer answers GET, HEAD and POST.\n',
  });
});

describe('a note', () => {
  const request = {
    run: 'run',
    trial,
    note: { text: 'They edit the same line.', labels: ['commitment'], by: 'ann' },
  };
  const post = (
    body: unknown,
    { path = `${base()}${urls.notes}`, ...headers }: Record<string, string | undefined> = {},
  ) =>
    ask(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: new URL(viewer.url).origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const file = (): string => join(logs, 'run', trial, 'notes.jsonl');

  test('is written beside the trial, which then shows it', async () => {
    expect(await post(request)).toMatchObject({ status: 201, body: '' });
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ at: expect.any(String), ...request.note });
    const { body } = await ask(`${base()}${urls.pair('run', trial)}`);
    expect(JSON.parse(body).notes).toMatchObject([request.note]);
  });

  test.for([
    [{ origin: undefined }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'none' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ host: 'evil.example', origin: 'http://evil.example' }, 403],
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [{ path: `/${'x'.repeat(24)}/${urls.notes}` }, 404],
    [{ path: `/${urls.notes}` }, 404],
  ] as const)('of a request with %o is refused', async ([headers, status]) => {
    expect(await post(request, headers)).toMatchObject({ status });
    expect(existsSync(file())).toBe(false);
  });

  test('goes nowhere else', async () => {
    for (const path of ['', urls.runs, urls.run('run'), 'index.html'])
      expect(await post(request, { path: `${base()}${path}` })).toMatchObject({ status: 405 });
    for (const bad of [
      ...['{', '[]', { ...request, trial: 1 }, { ...request, note: { labels: ['hunger'] } }],
      { ...request, note: { text: 'x'.repeat(200_000) } },
    ]) {
      const { status, body } = await post(bad);
      expect([status, JSON.parse(body).error.code]).toEqual([409, 'NOTE']);
    }
    for (const other of ['../../etc', 'coop/a_task/9/f1_f2'])
      expect(await post({ ...request, trial: other })).toMatchObject({ status: 404 });
    expect(existsSync(file())).toBe(false);
  });
});

test.for([
  '../../../etc/passwd',
  '%2e%2e/%2e%2e/etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  'data/runs/run/../../../../etc/passwd',
  'data/runs/=2E=2E/run.json',
  'data/runs/=2Fetc/run.json',
  'data/runs/run=00/run.json',
  'data/runs/run%00/run.json',
  'data/runs/run%2f..%2frun/run.json',
  'data\\\\runs\\\\..\\\\..\\\\package.json',
  '//etc/passwd',
  'index.html/../../package.json',
])('%s leads to no file', async (path) => {
  const { status, body } = await ask(`${base()}${path}`);
  expect(status).toBe(404);
  expect(JSON.parse(body).error.code).toMatch(/^(VIEW_URL|RUN_NAME)$/);
});

test('says what is wrong with a run, and goes on', async () => {
  const { status, body } = await ask(`${base()}${urls.run('none')}`);
  expect(status).toBe(404);
  expect(JSON.parse(body)).toMatchObject({
    error: { code: 'UNKNOWN_RUN', message: `There is no run "none" in ${logs}.` },
  });
  expect(await ask(base())).toMatchObject({ status: 200 });
});

test('answers 304 as long as nothing changed', async () => {
  const url = `${base()}${urls.pair('run', trial)}`;
  const { headers } = await ask(url);
  const again = { headers: { 'if-none-match': headers.etag } };
  expect(await ask(url, again)).toMatchObject({ status: 304, body: '' });
  write(logs, runFiles('run', { 'agent1.patch': 'other' }));
  expect(await ask(url, again)).toMatchObject({ status: 200 });
});

test('HEAD answers without a body, and at once', async () => {
  for (const path of ['', urls.runs, urls.live(urls.runs)])
    expect(await ask(`${base()}${path}`, { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
});

test('tells a page when its document changes, until the viewer ends', async () => {
  const response = await fetch(`${viewer.url}${urls.live(urls.run('run'))}`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let received = '';
  const until = async (expected: string): Promise<void> => {
    while (!received.includes(expected)) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`the stream ended with ${received}`);
      received += value;
    }
  };
  await until('retry');
  write(logs, runFiles('run', { 'eval.json': { ...(pairFiles['eval.json'] as object), both_passed: true } }));
  await until('event: changed');
  await viewer[Symbol.asyncDispose]();
  await expect(until('never')).rejects.toThrow();
  viewer = await serve(new Documents({ logsDir: logs, version: '1' }), 0, page);
});

test('a document that does not exist cannot be followed', async () => {
  expect(await ask(`${base()}${urls.live('data/../secret')}`)).toMatchObject({ status: 404 });
});

test('a port that is taken is named', async () => {
  const port = Number(new URL(viewer.url).port);
  await expect(serve(new Documents({ logsDir: logs, version: '1' }), port, page)).rejects.toMatchObject({
    code: 'VIEW_PORT',
    message: `The viewer cannot listen on port ${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  });
});

test('answers are compressed for those who accept it', async () => {
  const path = `${viewer.url}${urls.pair('run', trial)}`;
  const get = async (headers: Record<string, string>) => {
    const clientRequest = request(path, { headers }).end();
    const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) => {
      clientRequest.once('response', (answer) => resolve([answer])).once('error', reject);
    });
    return { encoding: response.headers['content-encoding'], body: await buffer(response) };
  };
  const [plain, refusal, packed] = [
    await get({}),
    await get({ 'accept-encoding': 'gzip;q=0' }),
    await get({ 'accept-encoding': 'br, gzip' }),
  ];
  expect([plain.encoding, refusal.encoding, packed.encoding]).toEqual([undefined, undefined, 'gzip']);
  expect(gunzipSync(packed.body)).toEqual(plain.body);
  expect(packed.body.length).toBeLessThan(plain.body.length / 2);
});
