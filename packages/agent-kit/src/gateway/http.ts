import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { LimitGuard } from '../limits.ts';
import { type Format, formats } from './formats.ts';
import { accountHeader } from './policies.ts';

/** Headers of an answer that the gateway does not pass on: those of a connection, and of the account. */
const ofConnection = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'set-cookie',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Returns the headers of an answer that the gateway passes on. */
export function pickForwardedHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const connectionHeaders = String(headers.connection ?? '')
    .toLowerCase()
    .split(/\s*,\s*/);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ||
      ofConnection.has(name) ||
      accountHeader.test(name) ||
      connectionHeaders.includes(name)
        ? []
        : [[name, value]],
    ),
  );
}

/** Answers with an error in the provider's format. */
export function sendFailure(
  response: ServerResponse,
  format: Format | undefined,
  status: number,
  message: string,
): void {
  if (response.headersSent) return void response.destroy();
  const body = (format ?? formats[2])?.error(status, message);
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}

/**
 * Reads the body of a request. `hold` is told of each part, because parts of many requests may be in memory at once.
 * @throws Error that names the limit, when the body is too large.
 */
export async function readBody(
  request: IncomingMessage,
  guard: LimitGuard,
  hold: (bytes: number) => void,
): Promise<Buffer> {
  const { requestBytes } = guard.limits;
  if (Number(request.headers['content-length']) > requestBytes) throw guard.exceed('requestBytes');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > requestBytes) throw guard.exceed('requestBytes');
    hold(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
