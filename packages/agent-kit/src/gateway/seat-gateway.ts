import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancellable, getMessage, untilAborted } from '@cooperbench/core';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { LimitGuard } from '../limits.ts';
import { type Answer, exchange, type ProviderCall } from './exchange.ts';
import type { Format, Json } from './formats.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { readBody, sendFailure } from './http.ts';
import { findExceededBound } from './json-bounds.ts';
import { computeMaxOutputTokens, findShorterLimit, limitOutputTokens, statesLimit } from './max-tokens.ts';
import { nameOf } from './probe.ts';
import { ProviderFailures } from './provider-failures.ts';
import { createFailure, type Failure } from './refusal.ts';
import { RequestPolicy } from './request-policy.ts';
import { Refusal, type Route, routeOf } from './route.ts';
import { SeatBudget } from './seat-budget.ts';

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
  readonly #closed = new AbortController();
  readonly #dispatcher: Dispatcher = new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0 });
  readonly #guard: LimitGuard;
  readonly #policy: RequestPolicy;
  readonly #budget: SeatBudget;
  readonly #failures: ProviderFailures;

  constructor(options: GatewayOptions) {
    const { plan, record, providerFeatures = [], guard = new LimitGuard() } = options;
    this.#options = options;
    this.#guard = guard;
    this.#policy = new RequestPolicy(providerFeatures, record);
    this.#budget = new SeatBudget(options);
    const [dispatcher, { signal }] = [this.#dispatcher, this.#closed];
    const log = (text: string): void => this.#log(text);
    this.#failures = new ProviderFailures({ plan, record, dispatcher, signal, log });
  }

  get refused(): AbortSignal {
    return this.#failures.refused;
  }

  get answered(): boolean {
    return this.#failures.answered;
  }

  get limit(): string | undefined {
    return this.#budget.limit;
  }

  get failure(): Failure | undefined {
    return this.#failures.last;
  }

  accept(connection: Duplex): void {
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
    this.#server.emit('connection', connection);
  }

  outage({ signal }: Cancellable = {}): Promise<Failure | undefined> {
    return this.#failures.outage(this.#budget.hasOpenRequests, signal);
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
    // Clients check that the server exists.
    if (request.method === 'HEAD') return void response.writeHead(200).end();
    let route: Route | undefined;
    let heldBytes = 0;
    try {
      this.#guard.passed.throwIfAborted();
      this.#guard.count('requests');
      route = routeOf(request, this.token, nameOf(this.#options.plan));
      const hold = (bytes: number): void => {
        heldBytes += bytes;
        this.#guard.holdBytes(bytes);
      };
      // In a list, from which it is taken: this frame lives until the answer, and ten seats may wait with large requests.
      const received = [await readBody(request, this.#guard, hold)];
      await this.#answer(route, request, response, received);
    } catch (error) {
      this.#onError(error, route, request, response);
    } finally {
      this.#guard.releaseBytes(heldBytes);
    }
  }

  #onError(
    error: unknown,
    route: Route | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { passed } = this.#guard;
    if (passed.aborted) return void sendFailure(response, route?.format, 413, getMessage(passed.reason));
    if (error instanceof Refusal)
      return void sendFailure(response, route?.format, error.status, error.message);
    // A client that hangs up does not indicate a failure of the provider.
    if (this.#closed.signal.aborted || !request.complete || response.destroyed)
      return void response.destroy();
    const reason = this.#failures.onNoAnswer(error, `${request.method} ${route?.path}`);
    sendFailure(response, route?.format, 502, `The model's provider cannot be reached: ${reason}`);
  }

  async #answer(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    received: Buffer[],
  ): Promise<void> {
    const { format, isAnswer } = route;
    const { plan } = this.#options;
    if (isAnswer) this.#budget.check();
    if (this.refused.aborted) throw new Refusal(400, getMessage(this.refused.reason));
    const headers = this.#policy.headers(request.headers);
    if ('refused' in headers) throw new Refusal(400, headers.refused);
    const bytes = received[0]?.length ?? 0;
    const body = this.#bodyFor(format, received.pop() ?? Buffer.alloc(0));
    if (isAnswer) this.#failures.onRequest(format);
    const disconnected = new AbortController();
    response.once('close', () => disconnected.abort());
    const signal = AbortSignal.any([this.#closed.signal, disconnected.signal]);
    if (isAnswer) await untilAborted(this.#options.ready?.() ?? Promise.resolve(), signal);
    await this.#failures.hold.wait(signal);
    const isLimited = statesLimit(format.name, body);
    using _grant = await this.#budget.grant(route, body, bytes, signal);
    // Another request may have learned it meanwhile.
    if (this.refused.aborted) throw new Refusal(400, getMessage(this.refused.reason));
    const isAdded = !isLimited && statesLimit(format.name, body);
    for (let shortened: number | undefined; ; ) {
      const call = { ...route, headers: headers.passed, body: Buffer.from(JSON.stringify(body)) };
      const tokens = computeMaxOutputTokens(format.name, body);
      const failedAnswer = await this.#pass(call, bytes, tokens, response);
      if (failedAnswer === undefined) {
        if (shortened !== undefined) this.#budget.setLongestAnswer(shortened);
        return;
      }
      shortened = isAdded
        ? findShorterLimit(format.name, body, createFailure(failedAnswer.status, failedAnswer.kept, plan))
        : undefined;
      if (shortened === undefined || !limitOutputTokens(format.name, body, shortened, plan.model))
        return this.#passFailure(call, failedAnswer, response);
      await this.#failures.hold.wait(signal);
      signal.throwIfAborted();
    }
  }

  /** Returns the body of a request with the seat's model, whose price the gateway counts. */
  #bodyFor(format: Format, received: Buffer): Json {
    const bound = findExceededBound(received, this.#guard.limits);
    if (bound !== undefined) throw this.#guard.exceed(bound);
    let body: Json;
    try {
      body = JSON.parse(received.toString());
    } catch {
      throw new Refusal(400, 'The body is not JSON.');
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new Refusal(400, 'The body is not a JSON object.');
    const refusal = this.#policy.body(format, body);
    if (refusal !== undefined) throw new Refusal(400, refusal);
    if (format.name === 'gemini') delete body.model;
    else body.model = nameOf(this.#options.plan);
    format.prepare?.(body);
    return body;
  }

  /** Resolves with the provider's error, which the client has not got yet. Returns undefined if the client has the answer. */
  async #pass(
    call: Route & ProviderCall,
    bytes: number,
    outputTokens: number,
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    const { isAnswer, path } = call;
    const { plan, logRequests = false } = this.#options;
    const requestedMs = performance.now();
    let streamError: string | undefined;
    let hasBegun = false;
    const answer = await exchange(call, response, {
      ...{ plan, dispatcher: this.#dispatcher, signal: this.#closed.signal },
      ...{ guard: this.#guard, keep: logRequests },
      onBegin: () => {
        hasBegun = true;
        this.#failures.answered ||= isAnswer;
      },
      onAnswer: (metered, startSeconds) => {
        streamError = metered.error;
        if (isAnswer)
          this.#budget.usage.count(metered, { bytes, maxOutputTokens: outputTokens }, startSeconds);
      },
    }).catch((error: unknown) => {
      // The seat has ended, and the provider bills what it has read.
      if (isAnswer && !hasBegun && this.answered && this.#closed.signal.aborted)
        this.#budget.usage.countUnread(bytes, outputTokens);
      throw error;
    });
    this.#log(`POST ${path} ${answer.status} in ${Math.round(performance.now() - requestedMs)} ms`);
    if (logRequests) this.#log(`request: ${call.body}\nanswer: ${answer.kept}`);
    if (answer.isFailure) return answer;
    if (isAnswer) this.#failures.onAnswer(call, streamError);
    response.end();
    return undefined;
  }

  async #passFailure(call: Route & ProviderCall, answer: Answer, response: ServerResponse): Promise<void> {
    const { plan, rateLimitStatus = 429 } = this.#options;
    const { status, headers, kept } = answer;
    const failureMessage = await this.#failures.onFailure(call, answer);
    // Frameworks retry after a 401 for minutes, and stop at a 400.
    if (failureMessage !== undefined) return sendFailure(response, call.format, 400, failureMessage);
    const { key } = plan.endpoint;
    response.writeHead(status === 429 ? rateLimitStatus : status, {
      'content-type': String(headers['content-type'] ?? 'application/json'),
      ...(headers['retry-after'] !== undefined && { 'retry-after': String(headers['retry-after']) }),
    });
    response.end(key ? kept.replaceAll(key, '***') : kept);
  }

  #log(text: string): void {
    this.#options.record({ type: 'log', text: `gateway: ${text}` });
  }
}
