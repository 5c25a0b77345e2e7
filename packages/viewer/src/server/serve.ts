import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { ConfigError, CooperBenchError, getMessage } from '@cooperbench/core/errors';
import type { Documents } from '../data/documents.ts';
import { type ErrorDocument, urls } from '../data/model.ts';
import { type AppFile, mapAppFiles } from './app-files.ts';
import { follow } from './follow.ts';
import { findPathBehind, findRefusal, headers } from './guard.ts';
import { takeNote } from './take-note.ts';

/** A viewer that answers requests until it is disposed. */
export interface Viewer extends AsyncDisposable {
  /** With the token, without which nothing answers. */
  readonly url: string;
}

/**
 * Serves the page and the documents on 127.0.0.1, below a random path. `port` 0: a free one. `page`: the files of the page,
 * by default those of the build. @throws ConfigError `VIEW_PORT`, `VIEW_PAGE`.
 */
export async function serve(
  documents: Documents,
  port: number,
  page?: ReadonlyMap<string, AppFile>,
): Promise<Viewer> {
  const app = page ?? (await mapAppFiles());
  const token = randomBytes(18).toString('base64url');
  const ending = new AbortController();
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    handleRequest(request, response).catch((error: unknown) => sendFailure(response, error));
  });

  const handleRequest = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusalResponse = findRefusal(request);
    if (refusalResponse) return text(response, refusalResponse.status, refusalResponse.text);
    const path = findPathBehind(token, request.url ?? '');
    if (path === undefined) return text(response, 404, 'Not found. The address needs its token.');
    const { pathname, searchParams } = new URL(`http://viewer/${path}`);
    const name = pathname.slice(1) || 'index.html';
    if (request.method === 'POST') {
      if (name !== urls.notes) return text(response, 405, 'Only notes can be written.');
      return takeNote(documents, request, response);
    }
    const file = app.get(name);
    if (file) return send(request, response, 200, file.type, file.content);
    if (name === 'live') {
      // HEAD has nothing to wait for.
      const until = request.method === 'HEAD' ? AbortSignal.abort() : ending.signal;
      return follow(documents, searchParams.get('document') ?? '', response, until);
    }
    if (name === 'search') {
      const [run = '', words = ''] = ['run', 'text'].map((key) => searchParams.get(key) ?? '');
      const result = await documents.search(run, words, searchParams.get('trial') ?? undefined);
      return send(request, response, 200, 'application/json', Buffer.from(JSON.stringify(result)));
    }
    const { json, state } = await documents.make(name);
    const tag = `"${state}"`;
    response.setHeader('ETag', tag);
    if (request.headers['if-none-match'] === tag) response.writeHead(304).end();
    else await send(request, response, 200, 'application/json', Buffer.from(json));
  };

  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ConfigError('VIEW_PORT', `The viewer cannot listen on port ${port}: ${getMessage(error)}`, {
      hint: 'Choose another port with --port, or leave it out.',
      cause: error,
    });
  }
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}/${token}/`,
    async [Symbol.asyncDispose]() {
      ending.abort();
      const closeEvent = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closeEvent;
    },
  };
}

const compress = promisify(gzip);
/** Smaller answers gain nothing. */
const leastCompressed = 1024;

async function send(
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  content: Buffer,
): Promise<void> {
  response.setHeader('Vary', 'Accept-Encoding');
  const isAccepted = /\bgzip\b(?!;q=0(?:\.0+)?\b)/.test(String(headers['accept-encoding'] ?? ''));
  const isCompressed = isAccepted && content.length >= leastCompressed;
  const body = isCompressed ? await compress(content, { level: 3 }) : content;
  if (isCompressed) response.setHeader('Content-Encoding', 'gzip');
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(method === 'HEAD' ? undefined : body);
}

function text(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${line}\n`);
}

const notFound = ['UNKNOWN_RUN', 'UNKNOWN_TRIAL', 'VIEW_URL', 'RUN_NAME'];

function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  const isExpected = CooperBenchError.is(error);
  const code = isExpected ? error.code : 'UNEXPECTED';
  const document: ErrorDocument = {
    error: { code, message: getMessage(error), hint: (isExpected && error.hint) || null },
  };
  const status = !isExpected ? 500 : notFound.includes(code) ? 404 : 409;
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(document));
}
