import { type AgentError, Deadline, messageOf } from '@cooperbench/core';
import { type Dispatcher, request } from 'undici';
import type { ModelPlan } from '../providers/plan.ts';
import type { Format } from './formats.ts';
import { Meter } from './meter.ts';
import { type Failure, failureOf, isFailure, isTemporary, refusalOf } from './refusal.ts';

const answerMs = 60_000;
/** A provider that answers this many requests in a row is available. An overloaded provider answers only some. */
const enoughAnswers = 3;

export interface ProbeOptions {
  readonly plan: ModelPlan;
  readonly dispatcher: Dispatcher;
  /** Aborts every request. */
  readonly signal: AbortSignal;
  /** Counts the usage of an answer, because the provider bills it. */
  count(meter: Meter): void;
  log(text: string): void;
}

export interface ProbeFailure extends Failure {
  /** The error, if every further request would fail in the same way. */
  readonly refusal?: AgentError | undefined;
}

/**
 * Makes the gateway's own requests. Code in the sandbox can cause a failure by the content of its request. Only the failure of
 * one of the gateway's own requests is certainly due to the provider, the key, the account or the model.
 */
export class Probe {
  readonly #options: ProbeOptions;
  #asking: Promise<ProbeFailure | undefined> | undefined;

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Sends the smallest request. Resolves with undefined when the model answers. Calls at the same time share one request. */
  ask(format: Format, signal?: AbortSignal): Promise<ProbeFailure | undefined> {
    this.#asking ??= this.#request(format, signal).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Finds out why the provider gives no answers. Undefined: it does. @throws AgentError when it refuses every request. */
  async outage(format: Format, signal?: AbortSignal): Promise<Failure | undefined> {
    for (let answers = 0; answers < enoughAnswers; answers += 1) {
      const failure = await this.ask(format, signal);
      if (failure?.refusal !== undefined) throw failure.refusal;
      if (failure !== undefined && isTemporary(failure.status)) return failure;
    }
    return undefined;
  }

  async #request(format: Format, cancelled?: AbortSignal): Promise<ProbeFailure | undefined> {
    const { plan, dispatcher, signal, count, log } = this.#options;
    const { baseUrl = '', key } = plan.endpoint;
    const { path, headers, body } = format.smallest;
    const model = nameOf(plan);
    const stop = AbortSignal.any([signal, ...(cancelled ? [cancelled] : [])]);
    using deadline = new Deadline(answerMs, stop);
    try {
      const answer = await request(baseUrl + path(model), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...headers,
          ...(key !== undefined && format.authorization(key)),
          'accept-encoding': 'identity',
        },
        body: JSON.stringify(format.name === 'gemini' ? body : { ...body, model }),
        dispatcher,
        signal: deadline.signal,
      });
      const received = Buffer.from(await answer.body.arrayBuffer());
      log(`asked by itself, with the smallest request: ${answer.statusCode}`);
      const contentType = String(answer.headers['content-type']);
      if (isFailure(answer.statusCode, contentType)) {
        const text = received.toString();
        const failure = failureOf(answer.statusCode, text, plan);
        return { ...failure, refusal: refusalOf(failure, text, plan) };
      }
      const meter = new Meter(format, contentType);
      meter.push(received);
      count(meter);
      return undefined;
    } catch (error) {
      stop.throwIfAborted();
      const message = deadline.passed ? `no answer within ${answerMs / 1000} s` : messageOf(error);
      log(`asked by itself, with the smallest request: ${message}`);
      return { status: 502, message };
    }
  }
}

/** Returns the model's name for a request. */
export function nameOf({ model }: ModelPlan): string {
  return model.name.replace(/^responses\//, '');
}
