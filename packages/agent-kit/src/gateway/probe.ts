import { type AgentError, Deadline, getMessage, readAnswer } from '@cooperbench/core';
import type { Dispatcher } from 'undici';
import type { ModelPlan } from '../providers/plan.ts';
import { retryAfterMs } from '../providers/retry-after.ts';
import { type ProviderCall, send } from './exchange.ts';
import type { Format, Json } from './formats.ts';
import { computeMinOutputTokens, limitOutputTokens, statesLimit } from './max-tokens.ts';
import { Meter } from './meter.ts';
import type { RateHold } from './rate-hold.ts';
import { createFailure, type Failure, findRefusal, isFailure, isTemporary } from './refusal.ts';

const answerMs = 60_000;
/** A provider that answers this many requests in a row is available. An overloaded provider answers only some. */
const enoughAnswers = 3;
/** A rate limit is waited out this often. */
const rateWaits = 2;

export interface ProbeOptions {
  readonly plan: ModelPlan;
  readonly dispatcher: Dispatcher;
  readonly hold: RateHold;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  log(text: string): void;
}

export interface ProbeFailure extends Failure {
  /** The error, if every further request would fail in the same way. */
  readonly refusal?: AgentError | undefined;
}

/**
 * Makes the gateway's own requests. Code in the sandbox can cause a failure by the content of its request. Only the failure of
 * one of the gateway's own requests is certainly due to the provider, the key, the account or the model. They are no steps of
 * the seat, and their cost is not its cost: the log says what they used.
 */
export class Probe {
  readonly #options: ProbeOptions;
  #asking: Promise<ProbeFailure | undefined> | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Sends the smallest request. Resolves with undefined when the model answers. Calls at the same time share one request. */
  ask(format: Format, signal?: AbortSignal): Promise<ProbeFailure | undefined> {
    this.#asking ??= this.#request(buildSmallestCall(format, this.#options.plan), signal).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /**
   * Finds out whether the provider gives no answers, by a request that it has answered before. Returns undefined if it does,
   * so the failure was due to the request that failed. Waits as long as a rate limit asks. @throws AgentError when the
   * provider refuses every request.
   */
  async outage(lastCall: ProviderCall, signal?: AbortSignal): Promise<Failure | undefined> {
    const { hold, signal: closedSignal, plan } = this.#options;
    const call = { ...lastCall, body: shortenRequest(lastCall, plan) };
    const combinedSignal = AbortSignal.any([closedSignal, ...(signal ? [signal] : [])]);
    for (let answerCount = 0, waitCount = 0; answerCount < enoughAnswers; answerCount += 1) {
      await hold.wait(combinedSignal);
      const failure = await this.#request(call, signal);
      if (failure?.refusal !== undefined) throw failure.refusal;
      if (failure === undefined || !isTemporary(failure)) continue;
      waitCount += 1;
      if (failure.meaning !== 'rate' || waitCount >= rateWaits) return failure;
    }
    return undefined;
  }

  async #request(call: ProviderCall, stopSignal?: AbortSignal): Promise<ProbeFailure | undefined> {
    const { plan, dispatcher, hold, signal, log } = this.#options;
    const stop = AbortSignal.any([signal, ...(stopSignal ? [stopSignal] : [])]);
    using deadline = new Deadline(answerMs, stop);
    try {
      const response = await send(call, { plan, dispatcher, signal: deadline.signal });
      const received = await readAnswer(response.body);
      const contentType = String(response.headers['content-type']);
      const callText = `asked by itself (${call.body.length} bytes): ${response.statusCode}`;
      if (isFailure(response.statusCode, contentType)) {
        const text = received.toString();
        const failure = createFailure(response.statusCode, text, plan);
        log(`${callText} ${failure.message}`);
        if (failure.meaning === 'rate') hold.start(retryAfterMs(response.headers, text));
        return { ...failure, refusal: findRefusal(failure, plan) };
      }
      const meter = new Meter(call.format, contentType);
      meter.push(received);
      log(`${callText}${describeUsage(meter, plan)}`);
      return undefined;
    } catch (error) {
      stop.throwIfAborted();
      const message = deadline.passed ? `no answer within ${answerMs / 1000} s` : getMessage(error);
      log(`asked by itself: ${message}`);
      return { status: 502, message, meaning: 'overloaded' };
    }
  }
}

function describeUsage(meter: Meter, { price }: ModelPlan): string {
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
  } = meter.result().stated;
  const cost = price?.({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens });
  const dollars = cost === undefined ? '' : ` for $${cost.toPrecision(3)}`;
  return `, ${inputTokens} tokens in and ${outputTokens} out${dollars}, which the seat does not pay`;
}

/** Builds the smallest request that the model answers. */
export function buildSmallestCall(format: Format, plan: ModelPlan): ProviderCall {
  const { path, headers = {}, body } = format.smallest;
  const model = nameOf(plan);
  const probeBody: Json = format.name === 'gemini' ? body : { ...body, model };
  if (!statesLimit(format.name, probeBody))
    limitOutputTokens(format.name, probeBody, computeMinOutputTokens(format.name, probeBody), plan.model);
  return { format, path: path(model), headers, body: JSON.stringify(probeBody) };
}

/** The same request with the shortest answer. */
function shortenRequest({ format, body: text }: ProviderCall, { model }: ModelPlan): string {
  const body: Json = JSON.parse(String(text));
  // Thinking makes answers long, and a tool that must be called does not fit into a short one.
  for (const key of ['thinking', 'tool_choice', 'output_config']) delete body[key];
  limitOutputTokens(format.name, body, computeMinOutputTokens(format.name, body), model);
  return JSON.stringify(body);
}

/** Returns the model's name for a request. */
export function nameOf({ model }: ModelPlan): string {
  return model.name.replace(/^responses\//, '');
}
