import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type FormatName, formats, type Json } from '@cooperbench/agent-kit';
import { buildWholeReply, type ScriptedReply, wires } from './wire.ts';

/**
 * An answer of the provider. `silence`: it never answers. `cut`: the connection closes near the end of this answer. `slow`: its
 * first byte comes after a second. `malformed`: a part of it is not JSON.
 */
export type ProviderAnswer =
  | ScriptedReply
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly cut: ScriptedReply }
  | { readonly slow: ScriptedReply }
  | { readonly malformed: ScriptedReply }
  | 'silence'
  /** Refusals as the provider words them: of an account without credit, and of a conversation that is too long. */
  | 'no credit'
  | 'context exceeded';

export interface ProviderRequest {
  readonly format: FormatName;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Json;
}

export interface ScriptedProvider extends AsyncDisposable {
  /** For `--base-url`. Every wire format is below it. */
  readonly url: string;
  /** The requests for answers, in order. */
  readonly requests: readonly ProviderRequest[];
}

/**
 * Returns a provider on loopback that speaks Anthropic's messages, OpenAI's responses and chat completions, and Gemini, with
 * and without streams. It gives these answers in turn, and then repeats the last one.
 */
export async function scriptedProvider(
  script: readonly ProviderAnswer[] | ((request: ProviderRequest, n: number) => ProviderAnswer),
): Promise<ScriptedProvider> {
  const requests: ProviderRequest[] = [];
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://provider');
    const body: Json = await json(request).catch(() => undefined);
    const format = formats.find(({ answers }) => answers.test(pathname.replace(/^\/v1(beta)?(?=\/)/, '')));
    if (format === undefined) {
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":{"message":"no such path"}}');
      return;
    }
    const providerRequest: ProviderRequest = {
      format: format.name,
      path: request.url ?? '',
      headers: request.headers,
      body,
    };
    requests.push(providerRequest);
    const n = requests.length;
    const providerAnswer =
      (typeof script === 'function' ? script(providerRequest, n - 1) : (script[n - 1] ?? script.at(-1))) ??
      {};
    const streamed = body?.stream === true || pathname.endsWith(':streamGenerateContent');
    if (providerAnswer === 'silence') return;
    if (typeof providerAnswer === 'string') {
      const { status, body } = (providerAnswer === 'no credit' ? withoutCredit : tooLong)[format.name];
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return;
    }
    if ('status' in providerAnswer) {
      response.writeHead(providerAnswer.status, {
        'content-type': 'application/json',
        ...providerAnswer.headers,
      });
      response.end(
        JSON.stringify(format.error(providerAnswer.status, providerAnswer.message ?? 'scripted failure')),
      );
      return;
    }
    const isCut = 'cut' in providerAnswer;
    if ('slow' in providerAnswer) await delay(slowMs);
    const full = buildWholeReply(replyOf(providerAnswer));
    const wire = wires[format.name];
    const asArray = format.name === 'gemini' && searchParams.get('alt') !== 'sse';
    const text =
      !streamed || asArray
        ? JSON.stringify(streamed ? [wire.answer(full, n)] : wire.answer(full, n))
        : wire.events(full, n).map(formatEventText).join('');
    const type = streamed && !asArray ? 'text/event-stream' : 'application/json';
    if (isCut) sendCutAnswer(response, type, text);
    else if ('malformed' in providerAnswer)
      response.writeHead(200, { 'content-type': type }).end(malformEvents(text));
    else response.writeHead(200, { 'content-type': type }).end(text);
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

const slowMs = 1000;

function replyOf(answer: Exclude<ProviderAnswer, string | { readonly status: number }>): ScriptedReply {
  if ('cut' in answer) return answer.cut;
  if ('slow' in answer) return answer.slow;
  return 'malformed' in answer ? answer.malformed : answer;
}

/** Breaks the JSON in the middle of an answer. */
const malformEvents = (text: string): string =>
  `${text.slice(0, text.lastIndexOf('{', text.length / 2) + 1)}\u0000${text.slice(text.length / 2)}`;

const contextExceeded = {
  status: 400,
  body: {
    error: {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    },
  },
};

const tooLong: Readonly<Record<FormatName, { readonly status: number; readonly body: Json }>> = {
  anthropic: {
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    },
  },
  responses: contextExceeded,
  chat: contextExceeded,
  gemini: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
        status: 'INVALID_ARGUMENT',
      },
    },
  },
};

const insufficientQuota = {
  status: 429,
  body: { error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } },
};

const withoutCredit: Readonly<Record<FormatName, { readonly status: number; readonly body: Json }>> = {
  anthropic: {
    status: 400,
    body: {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'Your credit balance is too low to access the Anthropic API.',
      },
    },
  },
  responses: insufficientQuota,
  chat: insufficientQuota,
  gemini: {
    status: 429,
    body: {
      error: { code: 429, message: 'Your prepayment credits are depleted.', status: 'RESOURCE_EXHAUSTED' },
    },
  },
};

function formatEventText([name, data]: readonly [string | undefined, Json]): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`;
}

function sendCutAnswer(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': String(text.length) });
  // Without the last event, which states the usage.
  const keptLength = Math.max(text.length / 2, text.length - 2000);
  response.write(text.slice(0, keptLength), () => response.socket?.destroy());
}
