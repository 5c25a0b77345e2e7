import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** A server on loopback that answers every request with JSON that never ends. */
export interface EndlessServer extends AsyncDisposable {
  readonly url: string;
  /** Bytes of all bodies so far, before compression. */
  readonly sentBytes: number;
  readonly requests: number;
}

/** Starts one, for tests of HTTP clients. `gzip`: also compresses, so that little data becomes much. */
export async function endlessServer({
  status = 200,
  gzip = false,
}: {
  readonly status?: number;
  readonly gzip?: boolean;
} = {}): Promise<EndlessServer> {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  let sentBytes = 0;
  let requests = 0;
  function* body(): Generator<Buffer> {
    for (yield Buffer.from('{"text":"'); ; yield chunk) sentBytes += chunk.length;
  }
  const sendResponse = (response: ServerResponse): Promise<void> => {
    const encoding = gzip ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(status, { 'content-type': 'application/json', ...encoding });
    const endless = Readable.from(body());
    return gzip ? pipeline(endless, createGzip({ level: 1 }), response) : pipeline(endless, response);
  };
  const server = createServer((request, response) => {
    requests += 1;
    request.resume();
    sendResponse(response).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sentBytes() {
      return sentBytes;
    },
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
