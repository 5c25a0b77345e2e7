import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Cancellable, messageOf, untilAborted } from '@cooperbench/core';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { LimitGuard } from '../limits.ts';
import { retryAfterMs } from '../providers/retry-after.ts';
import { Allowance, type Grant } from './allowance.ts';
import { type Answer, exchange, type ProviderCall } from './exchange.ts';
import type { Format, Json } from './formats.ts';
import type { Gateway, GatewayOptions } from './gateway.ts';
import { bodyOf, fail } from './http.ts';
import { exceededBound } from './json-bounds.ts';
import {
  limitOutputTokens,
  maxOutputTokens,
  minOutputTokens,
  shorterLimit,
  statesLimit,
} from './max-tokens.ts';
import { nameOf, Probe, smallestCall } from './probe.ts';
import { RateHold } from './rate-hold.ts';
import { type Failure, failureOf, isTemporary, refusalOf } from './refusal.ts';
import { RequestPolicy } from './request-policy.ts';
import { Refusal, type Route, routeOf } from './route.ts';
import { SeatUsage } from './seat-usage.ts';

/** A longer request is not repeated to find out whether the provider answers: it costs much, and may meet a limit of tokens. */
const maxRepeatedChars = 512 * 1024;

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
  readonly #guard: LimitGuard;
  readonly #policy: RequestPolicy;
  readonly #usage: SeatUsage;
  readonly #allowance: Allowance;
  /** Counts tokens cost nothing, and are no steps. */
  readonly #counting = new Allowance({}, { steps: 0, cost: 0 });
  readonly #hold = new RateHold();
  readonly #probe: Probe;
  #noticed = false;
  /** The format of the first request. The framework sends it, because the agent runs no command before it. */
  #format: Format | undefined;
  /** The last request that the model answered, without what is too long to repeat. */
  #lastAnswered: ProviderCall | undefined;
  /** The longest limit to add to a request: the provider refused a longer one. */
  #longestAdded: number = Number.POSITIVE_INFINITY;
  answered = false;
  limit: string | undefined;
  failure: Failure | undefined;

  constructor(options: GatewayOptions) {
    const { plan, limits, record, providerFeatures = [], guard = new LimitGuard() } = options;
    this.#options = options;
    this.#guard = guard;
    this.#policy = new RequestPolicy(providerFeatures, record);
    this.#usage = new SeatUsage(plan.price, record);
    this.#allowance = new Allowance(limits, this.#usage);
    const [dispatcher, hold, { signal }] = [this.#dispatcher, this.#hold, this.#closed];
    this.#probe = new Probe({ plan, dispatcher, hold, signal, log: (text) => this.#log(text) });
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
    const silent: Failure = { status: 504, message: 'a request is not answered', meaning: 'overloaded' };
    const isOpen = this.answered && this.#allowance.running > 0;
    const failure = this.failure && isTemporary(this.failure) ? this.failure : isOpen ? silent : undefined;
    if (failure === undefined || !this.answered || !this.#format) return failure;
    const call = this.#lastAnswered ?? smallestCall(this.#format, this.#options.plan);
    return await this.#probe.outage(call, signal);
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
    let held = 0;
    try {
      this.#guard.passed.throwIfAborted();
      this.#guard.count('requests');
      route = routeOf(request, this.token, nameOf(this.#options.plan));
      const received = await bodyOf(request, this.#guard, (bytes) => {
        held += bytes;
        this.#guard.holdBytes(bytes);
      });
      await this.#answer(route, request, response, received);
    } catch (error) {
      this.#onError(error, route, request, response);
    } finally {
      this.#guard.releaseBytes(held);
    }
  }

  #onError(
    error: unknown,
    route: Route | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const { passed } = this.#guard;
    if (passed.aborted) return void fail(response, route?.format, 413, messageOf(passed.reason));
    if (error instanceof Refusal) return void fail(response, route?.format, error.status, error.message);
    // A client that hangs up does not indicate a failure of the provider.
    if (this.#closed.signal.aborted || !request.complete || response.destroyed)
      return void response.destroy();
    this.failure = { status: 502, message: messageOf(error), meaning: 'overloaded' };
    this.#log(`${request.method} ${route?.path}: ${this.failure.message}`);
    this.#noticeFailure(this.failure);
    fail(response, route?.format, 502, `The model's provider cannot be reached: ${this.failure.message}`);
  }

  async #answer(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    received: Buffer,
  ): Promise<void> {
    const { format, isAnswer } = route;
    const { plan } = this.#options;
    if (isAnswer && this.limit !== undefined) throw limitRefusal(this.limit);
    if (this.refused.aborted) throw new Refusal(400, messageOf(this.refused.reason));
    const headers = this.#policy.headers(request.headers);
    if ('refused' in headers) throw new Refusal(400, headers.refused);
    const body = this.#bodyFor(format, received);
    if (isAnswer) this.#format ??= format;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([this.#closed.signal, gone.signal]);
    if (isAnswer) await untilAborted(this.#options.ready?.() ?? Promise.resolve(), signal);
    await this.#hold.wait(signal);
    const isLimited = statesLimit(format.name, body);
    using _grant = await this.#grantFor(route, body, received.length, signal);
    // Another request may have learned it meanwhile.
    if (this.refused.aborted) throw new Refusal(400, messageOf(this.refused.reason));
    const isAdded = !isLimited && statesLimit(format.name, body);
    for (let shortened: number | undefined; ; ) {
      const call = { ...route, headers: headers.passed, body: JSON.stringify(body) };
      const tokens = maxOutputTokens(format.name, body);
      const refused = await this.#pass(call, received.length, tokens, response);
      if (refused === undefined) {
        this.#longestAdded = shortened ?? this.#longestAdded;
        return;
      }
      shortened = isAdded
        ? shorterLimit(format.name, body, failureOf(refused.status, refused.kept, plan))
        : undefined;
      if (shortened === undefined || !limitOutputTokens(format.name, body, shortened, plan.model))
        return this.#onFailure(call, refused, isAnswer, response);
      await this.#hold.wait(signal);
      signal.throwIfAborted();
    }
  }

  /** The body of a request with the seat's model, whose price the gateway counts. */
  #bodyFor(format: Format, received: Buffer): Json {
    const bound = exceededBound(received, this.#guard.limits);
    if (bound !== undefined) throw this.#guard.exceed(bound);
    let body: Json;
    try {
      body = JSON.parse(received.toString());
    } catch {
      throw new Refusal(400, 'The body is not JSON.');
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new Refusal(400, 'The body is not a JSON object.');
    const refused = this.#policy.body(format, body);
    if (refused !== undefined) throw new Refusal(400, refused);
    if (format.name === 'gemini') delete body.model;
    else body.model = nameOf(this.#options.plan);
    format.prepare?.(body);
    return body;
  }

  /** Waits until the request may be sent. Shortens its answer when the seat has less money left than the longest one costs. */
  async #grantFor(
    { format, isAnswer }: Route,
    body: Json,
    bytes: number,
    signal: AbortSignal,
  ): Promise<Grant> {
    const size = {
      bytes,
      minOutputTokens: minOutputTokens(format.name, body),
      maxOutputTokens: maxOutputTokens(format.name, body),
    };
    const price = isAnswer ? this.#usage.priceOf(size) : { most: 0, least: 0 };
    const granted = await (isAnswer ? this.#allowance : this.#counting).take(price, signal);
    if (typeof granted === 'string') {
      this.limit ??= granted;
      throw limitRefusal(granted);
    }
    if (granted.usd >= price.most) return granted;
    const affordable = this.#usage.affordableTokens(bytes, granted.usd);
    const tokens = statesLimit(format.name, body) ? affordable : Math.min(affordable, this.#longestAdded);
    if (limitOutputTokens(format.name, body, tokens, this.#options.plan.model)) return granted;
    granted[Symbol.dispose]();
    this.limit ??= `its limit of $${this.#options.limits.maxCostUsd}`;
    throw limitRefusal(this.limit);
  }

  /** Resolves with the provider's error, which the client has not got yet. Undefined: the client has the answer. */
  async #pass(
    call: Route & ProviderCall,
    bytes: number,
    outputTokens: number,
    response: ServerResponse,
  ): Promise<Answer | undefined> {
    const { isAnswer, path } = call;
    const { plan, logRequests = false } = this.#options;
    const asked = performance.now();
    let streamError: string | undefined;
    let hasBegun = false;
    const answer = await exchange(call, response, {
      ...{ plan, dispatcher: this.#dispatcher, signal: this.#closed.signal },
      ...{ guard: this.#guard, keep: logRequests },
      onBegin: () => {
        hasBegun = true;
        this.answered ||= isAnswer;
      },
      onAnswer: (metered, began) => {
        streamError = metered.error;
        if (isAnswer) this.#usage.count(metered, bytes, began);
      },
    }).catch((error: unknown) => {
      // The seat has ended, and the provider bills what it has read.
      if (isAnswer && !hasBegun && this.answered && this.#closed.signal.aborted)
        this.#usage.countUnread(bytes, outputTokens);
      throw error;
    });
    this.#log(`POST ${path} ${answer.status} in ${Math.round(performance.now() - asked)} ms`);
    if (logRequests) this.#log(`request: ${call.body}\nanswer: ${answer.kept}`);
    if (answer.isFailure) return answer;
    if (isAnswer) {
      this.failure = streamError ? { status: 200, message: streamError, meaning: 'overloaded' } : undefined;
      if (!streamError && call.body.length <= maxRepeatedChars) this.#lastAnswered = call;
    }
    response.end();
    return undefined;
  }

  async #onFailure(
    { format }: ProviderCall,
    { status, headers, kept }: Answer,
    isAnswer: boolean,
    response: ServerResponse,
  ): Promise<void> {
    const { plan, rateLimitStatus = 429 } = this.#options;
    const failure = failureOf(status, kept, plan);
    const why = failure.meaning ? `, ${failure.meaning}` : '';
    this.#log(`${plan.model.provider} refused a request: ${failure.message} (HTTP ${status}${why})`);
    if (failure.meaning === 'rate') this.#hold.start(retryAfterMs(headers, kept));
    if (isAnswer) this.failure = failure;
    if (isAnswer && isTemporary(failure)) this.#noticeFailure(failure);
    if (isAnswer && refusalOf(failure, plan) !== undefined) {
      const own = format === this.#format ? await this.#probe.ask(format) : undefined;
      if (own !== undefined && isTemporary(own)) this.failure = own;
      if (own?.refusal !== undefined) this.#refused.abort(own.refusal);
      // Frameworks retry after a 401 for minutes, and stop at a 400.
      const said = own?.refusal?.message ?? `The provider refused this request: ${failure.message}`;
      return fail(response, format, 400, said);
    }
    const { key } = plan.endpoint;
    response.writeHead(status === 429 ? rateLimitStatus : status, {
      'content-type': String(headers['content-type'] ?? 'application/json'),
      ...(headers['retry-after'] !== undefined && { 'retry-after': String(headers['retry-after']) }),
    });
    response.end(key ? kept.replaceAll(key, '***') : kept);
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

  #log(text: string): void {
    this.#options.record({ type: 'log', text: `gateway: ${text}` });
  }
}

function limitRefusal(limit: string): Refusal {
  return new Refusal(400, `The seat has reached ${limit}. No further request is answered.`);
}
