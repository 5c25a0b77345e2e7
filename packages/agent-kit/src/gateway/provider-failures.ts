import { getMessage } from '@cooperbench/core';
import type { Dispatcher } from 'undici';
import { retryAfterMs } from '../providers/retry-after.ts';
import type { Answer, ProviderCall } from './exchange.ts';
import type { Format } from './formats.ts';
import type { GatewayOptions } from './gateway.ts';
import { buildSmallestCall, Probe } from './probe.ts';
import { RateHold } from './rate-hold.ts';
import { createFailure, type Failure, findRefusal, isTemporary } from './refusal.ts';

/** A longer request is not repeated to find out whether the provider answers: it costs much, and may meet a limit of tokens. */
const maxRepeatedChars = 512 * 1024;

export interface ProviderFailuresOptions extends Pick<GatewayOptions, 'plan' | 'record'> {
  readonly dispatcher: Dispatcher;
  /** Aborts when the gateway closes. */
  readonly signal: AbortSignal;
  log(text: string): void;
}

/** Decides what the provider's failures mean for a seat. Code in the sandbox can cause them, so the gateway asks the provider itself. */
export class ProviderFailures {
  readonly hold: RateHold = new RateHold();
  readonly #options: ProviderFailuresOptions;
  readonly #refused = new AbortController();
  readonly #probe: Probe;
  #noticed = false;
  /** The format of the first request. The framework sends it, because the agent runs no command before it. */
  #format: Format | undefined;
  /** The last request that the model answered, without what is too long to repeat. */
  #lastAnswered: ProviderCall | undefined;
  /** Whether the model has begun to answer a request. */
  answered = false;
  /** That of the last request. It is undefined if the model answered it. */
  last: Failure | undefined;

  constructor(options: ProviderFailuresOptions) {
    const { plan, dispatcher, signal, log } = options;
    this.#options = options;
    this.#probe = new Probe({ plan, dispatcher, signal, log, hold: this.hold });
  }

  get refused(): AbortSignal {
    return this.#refused.signal;
  }

  onRequest(format: Format): void {
    this.#format ??= format;
  }

  /** `streamError`: the error with which the answer ended. */
  onAnswer(call: ProviderCall, streamError: string | undefined): void {
    this.last = streamError ? { status: 200, message: streamError, meaning: 'overloaded' } : undefined;
    if (!streamError && call.body.length <= maxRepeatedChars) this.#lastAnswered = call;
  }

  /** No answer came. `request` says to what. Returns the reason. */
  onNoAnswer(error: unknown, request: string): string {
    this.last = { status: 502, message: getMessage(error), meaning: 'overloaded' };
    this.#options.log(`${request}: ${this.last.message}`);
    this.#notice(this.last);
    return this.last.message;
  }

  /** Resolves with the message for a framework that should stop. Returns undefined if it may see what the provider said. */
  async onFailure(
    { format, isAnswer }: Pick<ProviderCall, 'format'> & { readonly isAnswer: boolean },
    { status, headers, kept }: Answer,
  ): Promise<string | undefined> {
    const { plan, log } = this.#options;
    const failure = createFailure(status, kept, plan);
    const meaningText = failure.meaning ? `, ${failure.meaning}` : '';
    log(`${plan.model.provider} refused a request: ${failure.message} (HTTP ${status}${meaningText})`);
    if (failure.meaning === 'rate') this.hold.start(retryAfterMs(headers, kept));
    if (!isAnswer) return undefined;
    this.last = failure;
    if (isTemporary(failure)) this.#notice(failure);
    if (findRefusal(failure, plan) === undefined) return undefined;
    const probeFailure = format === this.#format ? await this.#probe.ask(format) : undefined;
    if (probeFailure !== undefined && isTemporary(probeFailure)) this.last = probeFailure;
    if (probeFailure?.refusal !== undefined) this.#refused.abort(probeFailure.refusal);
    return probeFailure?.refusal?.message ?? `The provider refused this request: ${failure.message}`;
  }

  /** As of a `Gateway`. `isOpen`: a request has no answer yet. */
  async outage(isOpen: boolean, signal: AbortSignal | undefined): Promise<Failure | undefined> {
    const noAnswer: Failure = { status: 504, message: 'a request is not answered', meaning: 'overloaded' };
    const isSilent = this.answered && isOpen;
    const failure = this.last && isTemporary(this.last) ? this.last : isSilent ? noAnswer : undefined;
    if (failure === undefined || !this.answered || !this.#format) return failure;
    const call = this.#lastAnswered ?? buildSmallestCall(this.#format, this.#options.plan);
    return await this.#probe.outage(call, signal);
  }

  /** Emits a notice of the first failure. Without it, users learn of failures only when the framework gives up. */
  #notice({ message }: Failure): void {
    if (this.#noticed) return;
    this.#noticed = true;
    const { plan, record } = this.#options;
    record({
      type: 'notice',
      text: `A call of ${plan.model.id} failed, and its framework may retry it: ${message}`,
    });
  }
}
