// Past 250 lines: the way of one request from the sandbox to the provider and back.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancellable, messageOf } from '@cooperbench/core';
import { request as ask, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { type Format, formats, type Json } from './formats.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { bodyOf, fail, forwarded, maxRequestBytes } from './http.ts';
import { Meter } from './meter.ts';
import { nameOf, Probe } from './probe.ts';
import { type Failure, failureOf, isFailure, isTemporary, refusalOf } from './refusal.ts';

/** The gateway of a seat. Every answer of the model is a step. Its usage comes from the provider. */
export class SeatGateway implements Gateway {
  readonly token: string = `cooperbench-${randomBytes(16).toString('hex')}`;
  readonly #options: GatewayOptions;
  readonly #server = createServer((request, response) => {
    const handling = this.#handle(request, response).finally(() => this.#handling.delete(handling));
    this.#handling.add(handling);
  });
  readonly #handling = new Set<Promise<void>>();
  readonly #connections = new Set<Duplex>();
  readonly #refused = new AbortController();
  readonly #closed = new AbortController();
  readonly #dispatcher: Dispatcher = new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0 });
  readonly #probe: Probe;
  #steps = 0;
  /** Requests that the provider has not answered yet. */
  #asking = 0;
  #cost = 0;
  #noticed = false;
  /** The format of the first request. The framework sends it, because the agent runs no command before it. */
  #format: Format | undefined;
  answered = false;
  limit: string | undefined;
  failure: Failure | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#probe = new Probe({
      plan: options.plan,
      dispatcher: this.#dispatcher,
      signal: this.#closed.signal,
      count: (meter) => this.#count(meter),
      log: (text) => this.#log(text),
    });
  }

  get refused(): AbortSignal {
    return this.#refused.signal;
  }

  accept(connection: Duplex): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    this.#server.emit('connection', connection);
  }

  async outage({ signal }: Cancellable = {}): Promise<Failure | undefined> {
    const silent = { status: 504, message: 'a request is not answered' };
    const failure = this.failure ?? (this.answered && this.#asking > 0 ? silent : undefined);
    if (failure === undefined || failure.status === 429 || !this.answered || !this.#format) return failure;
    return await this.#probe.outage(this.#format, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    for (const connection of this.#connections) connection.destroy();
    await Promise.all(this.#handling);
    await this.#dispatcher.destroy();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      await this.#answer(request, response);
    } catch (error) {
      // A client that hangs up before its request is complete does not indicate a failure of the provider.
      if (this.#closed.signal.aborted || !request.complete) return;
      this.failure = { status: 502, message: messageOf(error) };
      this.#log(`${request.method} ${request.url}: ${this.failure.message}`);
      this.#noticeFailure(this.failure);
      if (response.headersSent) response.destroy();
      else fail(response, undefined, 502, `The model's provider cannot be reached: ${this.failure.message}`);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Clients check that the server exists.
    if (request.method === 'HEAD') return void response.writeHead(200).end();
    const url = new URL(request.url ?? '/', 'http://gateway');
    const path = url.pathname.replace(/^\/v1(beta)?(?=\/)/, '');
    const format = formats.find(({ answers, counts }) => answers.test(path) || counts?.test(path));
    if (format === undefined || request.method !== 'POST')
      return fail(response, format, 404, `The gateway does not serve ${request.method} ${url.pathname}.`);
    if (!this.#hasToken(request, url))
      return fail(response, format, 401, 'This is not the token of the seat.');
    const received = await bodyOf(request);
    if (received === undefined)
      return fail(response, format, 413, `A request has at most ${maxRequestBytes >> 20} MiB.`);
    const answers = format.answers.test(path);
    this.limit ??= answers ? this.#limitReached() : undefined;
    if (answers && this.limit !== undefined)
      return fail(
        response,
        format,
        400,
        `The seat has reached ${this.limit}. No further request is answered.`,
      );
    if (this.refused.aborted) return fail(response, format, 400, messageOf(this.refused.reason));
    const sent = this.#withSeatModel(format, received);
    if (sent === undefined) return fail(response, format, 400, 'The body is not a JSON object.');
    if (answers) {
      this.#asking += 1;
      this.#format ??= format;
    }
    try {
      await this.#forward({ format, path, url, answers, request, response, sent });
    } finally {
      if (answers) this.#asking -= 1;
    }
  }

  /** Emits a notice of the first failure. Without it, users learn of failures only when the framework gives up. */
  #noticeFailure({ message }: Failure): void {
    if (this.#noticed) return;
    this.#noticed = true;
    const { plan, record } = this.#options;
    record({
      type: 'notice',
      text: `A call of ${plan.model.id} failed, and its framework may retry it: ${message}`,
    });
  }

  #hasToken({ headers }: IncomingMessage, url: URL): boolean {
    const given = [
      headers.authorization?.replace(/^Bearer /i, ''),
      headers['x-api-key'],
      headers['x-goog-api-key'],
      url.searchParams.get('key'),
    ];
    return given.includes(this.token);
  }

  #limitReached(): string | undefined {
    const { maxSteps, maxCostUsd } = this.#options.limits;
    if (maxSteps !== undefined && this.#steps + this.#asking >= maxSteps)
      return `its limit of ${maxSteps} steps`;
    if (maxCostUsd !== undefined && this.#cost >= maxCostUsd) return `its limit of $${maxCostUsd}`;
    return undefined;
  }

  /** Returns the request with the seat's model, whose price the gateway counts. Undefined: the body is not a JSON object. */
  #withSeatModel(format: Format, received: Buffer): string | undefined {
    let body: Json;
    try {
      body = JSON.parse(received.toString());
    } catch {
      return undefined;
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
    if (format.name !== 'gemini') body.model = nameOf(this.#options.plan);
    format.prepare?.(body);
    return JSON.stringify(body);
  }

  async #forward({ format, path, url, answers, request, response, sent }: Call): Promise<void> {
    const { plan, logRequests } = this.#options;
    const { baseUrl = '', key } = plan.endpoint;
    const below = format.name === 'gemini' ? path.replace(/[^/:]+(?=:)/, nameOf(plan)) : path;
    url.searchParams.delete('key');
    const asked = performance.now();
    const answer = await ask(`${baseUrl}${below}${url.search}`, {
      method: 'POST',
      headers: {
        ...forwarded(request.headers),
        ...(key !== undefined && format.authorization(key)),
        // Uncompressed, because the gateway reads the usage and passes the bytes on unchanged.
        'accept-encoding': 'identity',
      },
      body: sent,
      dispatcher: this.#dispatcher,
      signal: this.#closed.signal,
    });
    const began = Date.now() / 1000;
    const contentType = String(answer.headers['content-type']);
    const failed = isFailure(answer.statusCode, contentType);
    const meter = new Meter(format, contentType);
    const kept: Buffer[] = [];
    const closed = once(response, 'close').catch(() => {});
    if (!failed) response.writeHead(answer.statusCode, forwarded(answer.headers));
    if (!failed && answers) this.answered = true;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        if (answers && !failed) meter.push(chunk);
        if (failed || logRequests) kept.push(chunk);
        // The provider bills the whole answer even if the framework hangs up, so the gateway reads it to the end.
        if (failed || response.destroyed || response.write(chunk)) continue;
        await Promise.race([once(response, 'drain'), closed]).catch(() => {});
      }
    } finally {
      if (answers && !failed) this.#count(meter, began);
    }
    const body = Buffer.concat(kept).toString();
    this.#log(`POST ${below} ${answer.statusCode} in ${Math.round(performance.now() - asked)} ms`);
    if (logRequests) this.#log(`request: ${sent}\nanswer: ${body}`);
    if (failed) await this.#onFailure(format, answer, body, answers, response);
    else {
      if (answers) this.failure = undefined;
      response.end();
    }
  }

  /** `began`: when the answer began, because a framework reports its content before it ends. Absent for the gateway's own requests. */
  #count(meter: Meter, began?: number): void {
    const { plan, record } = this.#options;
    const tokens = meter.usage();
    const costUsd = tokens && plan.price?.(tokens);
    const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    this.#steps += 1;
    this.#cost += costUsd ?? 0;
    record({ type: 'usage', usage: { ...(tokens ?? none), ...(costUsd !== undefined && { costUsd }) } });
    record({ type: 'step', began });
  }

  async #onFailure(
    format: Format,
    answer: Dispatcher.ResponseData,
    body: string,
    answers: boolean,
    response: ServerResponse,
  ): Promise<void> {
    const { plan, rateLimitStatus = 429 } = this.#options;
    const failure = failureOf(answer.statusCode, body, plan);
    if (answers) this.failure = isTemporary(failure.status) ? failure : undefined;
    this.#log(`${plan.model.provider} refused a request: ${failure.message} (HTTP ${failure.status})`);
    if (answers && this.failure) this.#noticeFailure(this.failure);
    const refusal = answers ? refusalOf(failure, body, plan) : undefined;
    if (refusal !== undefined) {
      const own = format === this.#format ? await this.#probe.ask(format) : undefined;
      if (own !== undefined && isTemporary(own.status)) this.failure = own;
      if (own?.refusal !== undefined) this.#refused.abort(own.refusal);
      // Frameworks retry after a 401 for minutes, and stop at a 400.
      fail(
        response,
        format,
        400,
        own?.refusal?.message ?? `The provider refused this request: ${failure.message}`,
      );
      return;
    }
    const { key } = plan.endpoint;
    const status = answer.statusCode === 429 ? rateLimitStatus : answer.statusCode;
    response.writeHead(status, forwarded(answer.headers));
    response.end(key ? body.replaceAll(key, '***') : body);
  }

  #log(text: string): void {
    this.#options.record({ type: 'log', text: `gateway: ${text}` });
  }
}

interface Call {
  readonly format: Format;
  readonly path: string;
  readonly url: URL;
  /** Whether the model answers this request and the provider bills it. */
  readonly answers: boolean;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly sent: string;
}
