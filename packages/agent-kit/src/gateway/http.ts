import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Format, formats } from './formats.ts';

export const maxRequestBytes: number = 64 << 20;

/** Headers that the gateway does not forward: those of a connection, of keys, and of bodies that it rewrites. */
const own = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-length',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-api-key',
  'x-goog-api-key',
]);

/** Returns the headers that the gateway forwards. */
export function forwarded(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const listed = String(headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || own.has(name) || listed.includes(name) ? [] : [[name, value]],
    ),
  );
}

/** Answers with an error in the provider's format. */
export function fail(
  response: ServerResponse,
  format: Format | undefined,
  status: number,
  message: string,
): void {
  const body = (format ?? formats[2])?.error(status, message);
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}

/** Reads the body of a request. Undefined: it is too large. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length']) > maxRequestBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxRequestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
