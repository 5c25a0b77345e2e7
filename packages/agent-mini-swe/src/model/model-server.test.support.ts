import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** `cut`: the connection closes half way through the body. `silence`: the server never answers. */
export type Answer =
  | 'cut'
  | 'silence'
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** A text is sent as it is, everything else as JSON. */
      readonly body: unknown;
    };

export interface SeenRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: every provider has its own form, and the tests look inside
  readonly body: any;
}

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
}

/** Returns a server on 127.0.0.1 that gives these answers in order, repeats the last one, and keeps the requests. */
export async function modelServer(answers: readonly Answer[]): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = await json(request).catch(() => undefined);
    requests.push({ path: request.url ?? '', headers: request.headers, body });
    const answer = answers[requests.length - 1] ?? answers.at(-1) ?? 'cut';
    if (answer === 'silence') return;
    if (answer === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      setTimeout(() => response.socket?.destroy(), 20);
      return;
    }
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
