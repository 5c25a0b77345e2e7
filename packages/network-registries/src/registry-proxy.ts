import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getMessage } from '@cooperbench/core';
import { readClientHello } from './client-hello.ts';
import type { Dial } from './dial.ts';
import { matchesHost } from './registries.ts';

export interface RegistryProxyOptions {
  /** The hosts to reach, as in `matchesHost`. */
  readonly hosts: readonly string[];
  readonly dial: Dial;
  /** Receives each attempt to reach something else, as `HOST:PORT`. Untrusted text. */
  readonly onRefused: (target: string) => void;
}

/** How long a client may take to send its first TLS record. */
const helloMs = 30_000;
/** Connections to registries at once. A client that goes takes its own along, so honest ones have as many as their tunnel. */
const maxConnections = 256;
const notForwarded =
  /^(content-length|proxy-.*|connection|keep-alive|te|trailer|transfer-encoding|upgrade|host)$/i;

/**
 * An HTTP proxy that reaches package registries and nothing else: HTTPS by CONNECT to port 443, and `GET http://…` on port 80.
 * It has no port of its own.
 */
export class RegistryProxy implements Disposable {
  readonly #options: RegistryProxyOptions;
  readonly #server: Server;
  readonly #open = new Set<Duplex>();
  #dialled = 0;

  constructor(options: RegistryProxyOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#get(request, response));
    this.#server.on('connect', (request, client, head) => void this.#connect(request, client, head));
    this.#server.on('clientError', (_error, client) => client.destroy());
  }

  /** Serves one connection of a client. */
  accept(client: Duplex): void {
    this.#keep(client);
    this.#server.emit('connection', client);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#open) socket.destroy();
  }

  #keep(socket: Duplex): void {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#open.delete(socket));
  }

  async #connect({ url = '' }: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const [, host = '', port = ''] = /^([^:/]+):(\d{1,5})$/.exec(url) ?? [];
    if (port !== '443' || !this.#isAllowed(host)) {
      this.#options.onRefused(url);
      client.end(formatRefusal(url));
      return;
    }
    let registry: Socket;
    try {
      registry = await this.#dial(host, 443, client);
    } catch (error) {
      client.end(
        formatRawAnswer('502 Bad Gateway', `CooperBench could not connect to ${host}: ${getMessage(error)}`),
      );
      return;
    }
    try {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const hello = await findFirstRecord(client, head);
      const clientHello = hello && readClientHello(hello);
      if (
        !clientHello ||
        clientHello.encrypted ||
        clientHello.serverName?.toLowerCase() !== host.toLowerCase()
      ) {
        this.#options.onRefused(`${host}:443 as ${clientHello?.serverName ?? 'no host'}`);
        throw new Error('the client asks for another host than it connects to');
      }
      registry.write(hello);
      await Promise.all([pipeline(client, registry), pipeline(registry, client)]);
    } catch {
      // One side has hung up.
    } finally {
      client.destroy();
      registry.destroy();
    }
  }

  async #get(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = URL.parse(request.url ?? '');
    const answerPlainly = (status: number, text: string): void =>
      void response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' }).end(`${text}\n`);
    if (target?.protocol !== 'http:' || (request.method !== 'GET' && request.method !== 'HEAD'))
      return answerPlainly(
        400,
        'This is a proxy for package registries. It takes CONNECT, and GET http://HOST/PATH.',
      );
    const { hostname, pathname, search } = target;
    if (target.port !== '' || !this.#isAllowed(hostname)) {
      this.#options.onRefused(`${hostname}:${target.port || 80}`);
      return answerPlainly(403, formatRefusalText(`${hostname}:${target.port || 80}`));
    }
    try {
      const registry = await this.#dial(hostname, 80, response);
      const headers = Object.entries(request.headers).filter(([name]) => !notForwarded.test(name));
      const outgoing = httpRequest({
        createConnection: () => registry,
        method: request.method,
        path: `${pathname}${search}`,
        headers: { ...Object.fromEntries(headers), host: hostname, connection: 'close' },
      });
      const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing.once('response', resolve).once('error', reject).end();
      });
      const keptHeaders = Object.entries(incoming.headers).filter(([name]) => !notForwarded.test(name));
      response.writeHead(incoming.statusCode ?? 502, Object.fromEntries(keptHeaders));
      await pipeline(incoming, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else answerPlainly(502, `CooperBench could not ask ${hostname}: ${getMessage(error)}`);
    }
  }

  #isAllowed(host: string): boolean {
    return matchesHost(this.#options.hosts, host);
  }

  /** The connection ends with what it is for. */
  async #dial(host: string, port: number, user: Duplex | ServerResponse): Promise<Socket> {
    if (this.#dialled === maxConnections) throw new Error('too many connections at once');
    this.#dialled += 1;
    const onEnd = (): void => {
      this.#dialled -= 1;
    };
    const socket = await this.#options.dial(host, port).catch((error: unknown) => {
      onEnd();
      throw error;
    });
    this.#keep(socket);
    socket.once('close', onEnd);
    user.once('close', () => socket.destroy());
    if (user.destroyed) socket.destroy();
    return socket;
  }
}

/**
 * Finds the bytes of the first TLS record, perhaps with more. Returns undefined if the client sends something else, or nothing
 * in time.
 */
async function findFirstRecord(client: Duplex, head: Buffer): Promise<Buffer | undefined> {
  let bytes = head;
  const helloTimer = setTimeout(() => client.destroy(), helloMs);
  try {
    while (readClientHello(bytes) === undefined) {
      const chunk: Buffer | undefined = await findNextChunk(client);
      if (chunk === undefined) return undefined;
      bytes = Buffer.concat([bytes, chunk]);
    }
    return bytes;
  } finally {
    clearTimeout(helloTimer);
  }
}

/** Finds the next bytes, without making the stream flow. Returns undefined if it has ended. */
function findNextChunk(stream: Duplex): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const settle = (): void => {
      const chunk: Buffer | null = stream.read();
      if (chunk === null && !stream.readableEnded && !stream.destroyed) return;
      for (const event of ['readable', 'end', 'close']) stream.off(event, settle);
      resolve(chunk ?? undefined);
    };
    for (const event of ['readable', 'end', 'close']) stream.on(event, settle);
    settle();
  });
}

function formatRefusalText(target: string): string {
  const shownTarget = target.slice(0, 200).replaceAll(/[^\x21-\x7e]/g, '?');
  return `CooperBench refused ${shownTarget}: this sandbox reaches package registries only (network "registries").`;
}

function formatRefusal(target: string): string {
  return formatRawAnswer('403 Forbidden', formatRefusalText(target));
}

function formatRawAnswer(status: string, text: string): string {
  const body = `${text}\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
