import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { request as ask, type Dispatcher } from 'undici';
import type { LimitGuard } from '../limits.ts';
import type { ModelPlan } from '../providers/plan.ts';
import type { Format } from './formats.ts';
import { pickForwardedHeaders } from './http.ts';
import { Meter, type MeteredUsage } from './meter.ts';
import { isFailure } from './refusal.ts';

/** A request as it goes to the provider. */
export interface ProviderCall {
  readonly format: Format;
  /** Below the address of the provider, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, which are sent without another copy, or a short text. */
  readonly body: Buffer | string;
}

export interface ExchangeOptions {
  readonly plan: ModelPlan;
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

/** Errors of a connection that the other side closed. */
const closedCodes = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'];

/**
 * Sends a request with the key of the provider. A provider may close an idle connection at the moment when a request goes out on
 * it, so a request whose connection is closed before an answer begins goes out once more.
 */
export async function send(call: ProviderCall, options: ExchangeOptions): Promise<Dispatcher.ResponseData> {
  try {
    return await sendOnce(call, options);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (options.signal.aborted || !closedCodes.includes(code)) throw error;
    return await sendOnce(call, options);
  }
}

function sendOnce(
  { format, path, headers, body }: ProviderCall,
  { plan, dispatcher, signal }: ExchangeOptions,
): Promise<Dispatcher.ResponseData> {
  const { baseUrl = '', key } = plan.endpoint;
  return ask(`${baseUrl}${path}`, {
    method: 'POST',
    headers: {
      ...headers,
      'content-type': 'application/json',
      ...(key !== undefined && format.authorization(key)),
      // Uncompressed, because the gateway reads the usage and passes the bytes on unchanged.
      'accept-encoding': 'identity',
    },
    body,
    dispatcher,
    signal,
  });
}

/** The outcome of a request: an answer, or an error whose body is not passed on yet. */
export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly isFailure: boolean;
  /** When it began, in unix seconds. */
  readonly began: number;
  /** The body of an error, or of an answer that is logged. */
  readonly kept: string;
}

export interface PassingOptions extends ExchangeOptions {
  readonly guard: LimitGuard;
  /** Also keeps the body of an answer. */
  readonly keep: boolean;
  /** Called with the usage of an answer that has begun, whether it ends or breaks off. */
  onAnswer(metered: MeteredUsage, startSeconds: number): void;
  /** Called as soon as the provider has begun to answer. */
  onBegin(): void;
}

/**
 * Passes a request on to the provider, and its answer to the client. When the client hangs up, reads the answer to its end,
 * because the provider bills it. Rejects when the provider breaks off.
 */
export async function exchange(
  call: ProviderCall,
  response: ServerResponse,
  options: PassingOptions,
): Promise<Answer> {
  const { guard, keep, onAnswer, onBegin } = options;
  const answer = await send(call, options);
  const startSeconds = Date.now() / 1000;
  const contentType = String(answer.headers['content-type']);
  const isFailed = isFailure(answer.statusCode, contentType);
  const meter = new Meter(call.format, contentType);
  const buffers: Buffer[] = [];
  let length = 0;
  const closeEvent = once(response, 'close').catch(() => {});
  if (!isFailed) {
    onBegin();
    response.writeHead(answer.statusCode, pickForwardedHeaders(answer.headers));
  }
  let isWhole = false;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > guard.limits.answerBytes) throw guard.exceed('answerBytes');
      if (!isFailed) meter.push(chunk);
      if (isFailed || keep) buffers.push(chunk);
      if (isFailed || response.destroyed || response.write(chunk)) continue;
      await Promise.race([once(response, 'drain'), closeEvent]).catch(() => {});
    }
    isWhole = true;
  } finally {
    if (!isFailed) {
      const metered = meter.result();
      onAnswer({ ...metered, isWhole: metered.isWhole && isWhole }, startSeconds);
    }
  }
  return {
    status: answer.statusCode,
    headers: answer.headers,
    isFailure: isFailed,
    began: startSeconds,
    kept: Buffer.concat(buffers).toString(),
  };
}
