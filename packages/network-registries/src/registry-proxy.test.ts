import { once } from 'node:events';
import { createServer as createHttp, get, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { helloFor } from './client-hello.test.support.ts';
import { RegistryProxy } from './registry-proxy.ts';

let registry: Server;
let proxy: RegistryProxy;
let front: ReturnType<typeof createServer>;
let refusals: string[];
let asked: { url: string | undefined; headers: IncomingHttpHeaders }[];
let dialled: string[];
let unreachable: boolean;
let tls: ReturnType<typeof createServer>;
let tlsBytes: Buffer[];
let silent: boolean;

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

beforeEach(async () => {
  [refusals, asked, dialled, tlsBytes, unreachable, silent] = [[], [], [], [], false, false];
  registry = createHttp(({ url, headers }, answer) => {
    asked.push({ url, headers });
    if (silent) return;
    answer.writeHead(200, { 'content-type': 'text/plain', 'x-served-by': 'registry' }).end(`served ${url}`);
  }).listen(0, '127.0.0.1');
  tls = createServer((socket) => {
    socket.on('data', (bytes) => tlsBytes.push(bytes)).on('error', () => {});
    socket.write('server hello');
  }).listen(0, '127.0.0.1');
  proxy = new RegistryProxy({
    hosts: ['pypi.org', '*.archive.ubuntu.com'],
    onRefused: (target) => refusals.push(target),
    dial: async (host, port) => {
      dialled.push(`${host}:${port}`);
      if (unreachable) throw new Error(`${host} has no public address`);
      const socket = connect(portOf(port === 443 ? tls : registry), '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
  });
  front = createServer((socket) => proxy.accept(socket)).listen(0, '127.0.0.1');
  await Promise.all([registry, tls, front].map((server) => server.listening || once(server, 'listening')));
});
afterEach(() => {
  proxy[Symbol.dispose]();
  for (const server of [registry, tls, front]) server.close();
});

async function getThrough(
  url: string,
  method = 'GET',
): Promise<{ status: number | undefined; body: string }> {
  const clientRequest = get({
    host: '127.0.0.1',
    port: portOf(front),
    path: url,
    method,
    headers: { host: 'evil.example' },
    agent: false,
  });
  const [answer] = await once(clientRequest, 'response');
  return { status: answer.statusCode, body: await text(answer) };
}

async function connectThrough(target: string): Promise<{ socket: Socket; head: string }> {
  const socket = connect(portOf(front), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const [head] = await once(socket, 'data');
  return { socket, head: String(head) };
}

describe('plain HTTP', () => {
  test('a registry gets the path and its own name, whatever the client says', async () => {
    expect(await getThrough('http://pypi.org/simple/six/?a=1')).toEqual({
      status: 200,
      body: 'served /simple/six/?a=1',
    });
    expect(asked).toMatchObject([{ url: '/simple/six/?a=1', headers: { host: 'pypi.org' } }]);
    expect(dialled).toEqual(['pypi.org:80']);
    expect(refusals).toEqual([]);
  });

  test.for([
    ['http://github.com/x', 'github.com:80'],
    ['http://pypi.org:8080/x', 'pypi.org:8080'],
    ['http://127.0.0.1/x', '127.0.0.1:80'],
    ['http://[::1]/x', '[::1]:80'],
    ['http://pypi.org@169.254.169.254/x', '169.254.169.254:80'],
  ] as const)('%s is refused, and counts as an attempt', async ([url, target]) => {
    expect(await getThrough(url)).toEqual({
      status: 403,
      body: `CooperBench refused ${target}: this sandbox reaches package registries only (network "registries").\n`,
    });
    expect(refusals).toEqual([target]);
    expect(dialled).toEqual([]);
  });

  test('other requests are not for a proxy', async () => {
    for (const [url, method] of [
      ['/x', 'GET'],
      ['http://pypi.org/x', 'POST'],
      ['https://pypi.org/x', 'GET'],
    ] as const)
      expect((await getThrough(url, method)).status).toBe(400);
    expect(dialled).toEqual([]);
  });

  test('a client that goes takes its connection to the registry along, and there are at most 256', async () => {
    silent = true;
    const connections = (): Promise<number> =>
      new Promise((resolve) => registry.getConnections((_error, count) => resolve(count)));
    const clients = Array.from({ length: 256 }, () => {
      const client = connect(portOf(front), '127.0.0.1');
      // A registry would wait for these bytes.
      client.write('GET http://pypi.org/x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n');
      return client.on('error', () => {});
    });
    await expect.poll(() => asked.length).toBe(256);
    expect(await getThrough('http://pypi.org/y')).toEqual({
      status: 502,
      body: 'CooperBench could not ask pypi.org: too many connections at once\n',
    });
    expect(asked[0]?.headers).not.toHaveProperty('content-length');
    for (const client of clients) client.destroy();
    await expect.poll(connections).toBe(0);
    silent = false;
    expect(await getThrough('http://pypi.org/z')).toMatchObject({ status: 200 });
  });

  test('a registry that cannot be reached is named, and is no attempt', async () => {
    unreachable = true;
    expect(await getThrough('http://de.archive.ubuntu.com/x')).toEqual({
      status: 502,
      body: 'CooperBench could not ask de.archive.ubuntu.com: de.archive.ubuntu.com has no public address\n',
    });
    expect(refusals).toEqual([]);
  });
});

describe('CONNECT', () => {
  test('a client that names the registry it connects to talks to it', async () => {
    const { socket, head } = await connectThrough('pypi.org:443');
    expect(head).toBe('HTTP/1.1 200 Connection established\r\n\r\n');
    const hello = await helloFor('pypi.org');
    socket.write(hello.subarray(0, 7));
    socket.write(hello.subarray(7));
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toBe('server hello');
    socket.write('more');
    await expect
      .poll(() => Buffer.concat(tlsBytes).equals(Buffer.concat([hello, Buffer.from('more')])))
      .toBe(true);
    expect(refusals).toEqual([]);
    socket.destroy();
  });

  test.for(['github.com:443', 'pypi.org:22', 'pypi.org:80', '127.0.0.1:443', '[::1]:443', 'pypi.org'])(
    '%s is refused',
    async (target) => {
      const { head } = await connectThrough(target);
      expect(head).toContain('HTTP/1.1 403 Forbidden\r\n');
      expect(head).toContain(`CooperBench refused ${target}: this sandbox reaches package registries only`);
      expect(refusals).toEqual([target]);
      expect(dialled).toEqual([]);
    },
  );

  test.for([
    [
      'another host',
      async () => helloFor('raw.githubusercontent.com'),
      'pypi.org:443 as raw.githubusercontent.com',
    ],
    ['no host', async () => helloFor(undefined), 'pypi.org:443 as no host'],
    [
      'plain HTTP',
      async () => Buffer.from('GET / HTTP/1.1\r\nHost: github.com\r\n\r\n'),
      'pypi.org:443 as no host',
    ],
  ] as const)('a client that asks the same address for %s gets nothing', async ([, bytes, target]) => {
    const { socket } = await connectThrough('pypi.org:443');
    socket.write(await bytes());
    await once(socket, 'close');
    expect(refusals).toEqual([target]);
    expect(tlsBytes).toEqual([]);
  });

  test('a registry that cannot be reached is named', async () => {
    unreachable = true;
    const { head } = await connectThrough('pypi.org:443');
    expect(head).toContain('HTTP/1.1 502 Bad Gateway\r\n');
    expect(head).toContain('CooperBench could not connect to pypi.org: pypi.org has no public address');
  });
});
