import { AgentError, type ModelUsage } from '@cooperbench/core';
import type { AgentConfig } from '../config/load.ts';
import type { ChatModel, Reply } from './chat-model.ts';
import { ModelFailure } from './failure.ts';

/** An overloaded provider answers some requests. One that answers this many greetings in a row is available. */
const greetings = 3;

export interface RetryPorts {
  /** Rejects with the signal's reason when aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: (text: string) => void;
  /** Shows the first failure to the user, who otherwise learns of it when the seat has ended. */
  readonly notice: (text: string) => void;
  /** Counts what a failed call used. */
  readonly spend: (usage: ModelUsage) => void;
}

/**
 * Repeats transient failures, with exponential backoff and jitter, or when the provider asks to. Nothing else in this
 * package retries a call. The AI SDK's own retries ignore a `Retry-After` above a minute, log nothing and take an empty
 * account for a rate limit; undici's do not see a broken answer with status 200.
 * @throws AgentError `AGENT_MODEL_UNAVAILABLE` when it gives up, and ModelFailure `refused` when only this conversation fails:
 * what the agent did is the reason. Before the first answer, a refusal is the AgentError `AGENT_MODEL`.
 */
export function withRetries(model: ChatModel, policy: AgentConfig['retries'], ports: RetryPorts): ChatModel {
  const computeBackoffMs = (attempt: number): number =>
    1000 * Math.min(policy.max_wait_seconds, 2 ** (attempt - 1)) * (0.5 + ports.random() / 2);
  let hasAnswered = false;
  let noticed = false;
  /**
   * Finds the failure of a conversation that the provider does not answer although it answers greetings. Returns undefined if
   * it does not answer them either, or it limits tokens per minute and may answer a greeting but no conversation.
   */
  const findRefusal = async (
    { status, message }: ModelFailure,
    signal: AbortSignal,
  ): Promise<ModelFailure | undefined> => {
    if (!hasAnswered || status === 429) return undefined;
    try {
      for (let greeting = 0; greeting < greetings; greeting += 1)
        ports.spend((await model.complete([{ role: 'user', text: 'Hi' }], { signal })).usage);
    } catch (error) {
      if (error instanceof ModelFailure || isTimeUp(error)) return undefined;
      throw error;
    }
    return new ModelFailure('refused', `${model.id} answers, but not this conversation: ${message}`);
  };
  return {
    ...model,
    async complete(conversation, { signal }): Promise<Reply> {
      let failure: ModelFailure | undefined;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const reply = await model.complete(conversation, { signal });
          hasAnswered = true;
          return reply;
        } catch (error) {
          // The provider was away until the seat's time was up: the agent was not slow.
          if (isTimeUp(error) && (failure || !hasAnswered))
            throw createUnavailableError(
              model.id,
              'until the time was up',
              failure?.message ?? 'it never answered',
            );
          if (!(error instanceof ModelFailure)) throw error;
          if (error.kind === 'refused' && !hasAnswered) throw new AgentError('AGENT_MODEL', error.message);
          if (error.kind !== 'transient') throw error;
          failure = error;
        }
        const { message, retryAfterMs = 0, usage } = failure;
        if (usage) ports.spend(usage);
        if (!noticed) ports.notice(`A call of ${model.id} failed and is retried: ${message}`);
        noticed = true;
        if (attempt >= policy.attempts)
          throw (
            (await findRefusal(failure, signal)) ??
            createUnavailableError(model.id, `after ${attempt} attempts`, message)
          );
        if (retryAfterMs > policy.max_retry_after_seconds * 1000)
          throw createUnavailableError(model.id, `for another ${Math.ceil(retryAfterMs / 1000)} s`, message);
        const waitMs = Math.round(Math.max(retryAfterMs, computeBackoffMs(attempt)));
        ports.log(
          `model call failed (attempt ${attempt} of ${policy.attempts}): ${message}; next attempt in ${waitMs} ms`,
        );
        await ports.sleep(waitMs, signal).catch((reason: unknown) => {
          throw isTimeUp(reason)
            ? createUnavailableError(model.id, 'until the time was up', message)
            : reason;
        });
      }
    },
  };
}

/** Returns the reason of a seat's signal when its time is up. */
function isTimeUp(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

function createUnavailableError(model: string, condition: string, reason: string): AgentError {
  return new AgentError(
    'AGENT_MODEL_UNAVAILABLE',
    `The model ${model} is not available ${condition}: ${reason}`,
    {
      hint: 'Run the same command again later: finished trials are kept. If it is a rate limit, lower --concurrency.',
    },
  );
}
