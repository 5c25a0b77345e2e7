import { request } from 'node:http';
import { duplexPair } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AgentError,
  type Cancellable,
  ConfigError,
  CooperBenchError,
  type EvaluationContext,
  type EvaluationModel,
  type ModelPrice,
  readAnswer,
} from '@cooperbench/core';
import type { Json } from '../gateway/formats.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { createFailure, isTemporary } from '../gateway/refusal.ts';
import { LimitGuard } from '../limits.ts';
import { type ModelPlan, planModel } from '../providers/plan.ts';
import type { Environment } from '../providers/resolve.ts';
import { buildQuestionCall, type Question, type QuestionCall } from './wire.ts';

/** Waits before each further try of a question that a provider did not answer. */
const waitsMs: readonly number[] = [1000, 4000, 15_000, 30_000];

/** An answer may take a model minutes. A provider that accepts a question and then says nothing must not hold the evaluation. */
const answerMs = 600_000;

/** Options of `openModel`. */
export interface OpenModelOptions {
  /** Replaces the published price of the model. What the user states with `--price` replaces this. */
  readonly price?: ModelPrice | undefined;
  /** The source of keys and addresses. Default: the environment of this process. */
  readonly env?: Environment | undefined;
  /** Milliseconds to wait before each further try. Default: 1, 4, 15 and 30 seconds. */
  readonly waitsMs?: readonly number[] | undefined;
  /** Milliseconds that each try may take. Default: 10 minutes. */
  readonly answerMs?: number | undefined;
}

/** A model that answers the questions of an evaluator. */
export interface OpenModel {
  /**
   * Asks the model about a trial, and books what that cost for it. Tries again when the provider is busy. Questions that are open
   * together may pass the budget by what they cost.
   * @throws CooperBenchError `BUDGET_EXHAUSTED`; the AgentErrors of `toModelError`; CooperBenchError `MODEL_ANSWER` for a question that
   * the provider refuses or answers without a text; the signal's reason.
   */
  ask(trial: string, question: Question, options?: Cancellable): Promise<string>;
}

/**
 * Opens a model for an evaluator, through the gateway of agents: the user's keys, addresses and prices count, and `--budget`
 * covers the answers.
 * @throws ConfigError when the provider is unknown or its key is missing, `PRICE_UNKNOWN` for a budget that cannot be enforced.
 *
 * @example
 * const judge = await openModel(context, 'anthropic/claude-sonnet-4-5');
 * const text = await judge.ask(submission.id, { system: 'Answer yes or no.', text: 'Did they agree?' });
 */
export async function openModel(
  context: Pick<EvaluationContext, 'useModel' | 'signal'>,
  model: string,
  options: OpenModelOptions = {},
): Promise<OpenModel> {
  const evaluationModel = await context.useModel(model);
  const plan = await planModel(evaluationModel.access, options.price, options.env ?? process.env);
  if (evaluationModel.leftUsd !== undefined && plan.price === undefined)
    throw new ConfigError(
      'PRICE_UNKNOWN',
      `CooperBench cannot enforce --budget: the price of ${model} is not known.`,
      { hint: `State it in USD per million tokens, --price ${model}=INPUT,OUTPUT, or remove the limit.` },
    );
  return {
    async ask(trial, question, { signal = context.signal } = {}) {
      const call = buildQuestionCall(plan, question);
      const guard = new LimitGuard();
      await using gateway = createGateway(trial, evaluationModel, plan, guard);
      let last: AgentError | undefined;
      for (const ms of [0, ...(options.waitsMs ?? waitsMs)]) {
        await delay(ms, undefined, { ...(signal && { signal }) }).catch(() => signal?.throwIfAborted());
        const { status, text } = await post(gateway, call, options.answerMs ?? answerMs, signal).catch(
          (error: unknown) => {
            if (!guard.passed.aborted) throw error;
            const limitMessage = `the answer is longer than ${guard.limits.answerBytes >> 20} MiB`;
            throw new CooperBenchError('MODEL_ANSWER', `The model ${model} did not answer: ${limitMessage}`);
          },
        );
        if (status < 400) return answerOf(call, text, model);
        if (gateway.limit !== undefined) throw createBudgetExhaustedError();
        if (gateway.refused.aborted) throw gateway.refused.reason;
        const failure = createFailure(status, text, plan);
        const reason = `The model ${model} did not answer: ${failure.message} (HTTP ${status})`;
        if (!isTemporary(failure)) throw new CooperBenchError('MODEL_ANSWER', reason);
        last = new AgentError('AGENT_MODEL_UNAVAILABLE', reason, {
          hint: 'Evaluate again later: verdicts that exist are kept.',
        });
      }
      throw last;
    },
  };
}

/** Creates a gateway for one question, so that what it costs belongs to one trial. */
function createGateway(
  trial: string,
  evaluationModel: EvaluationModel,
  plan: ModelPlan,
  guard: LimitGuard,
): Gateway {
  const { leftUsd } = evaluationModel;
  return openGateway({
    plan,
    guard,
    limits: { maxCostUsd: leftUsd },
    record(event) {
      if (event.type === 'usage') evaluationModel.book(trial, event.usage);
    },
  });
}

/** Sends a request to the gateway within this process. Without an answer in time, it is as if a proxy said so: HTTP 504. */
async function post(
  gateway: Gateway,
  { path, headers, body }: QuestionCall,
  withinMs: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const [client, server] = duplexPair();
  gateway.accept(server);
  const timeoutSignal = AbortSignal.timeout(withinMs);
  const stop = signal ? AbortSignal.any([signal, timeoutSignal]) : timeoutSignal;
  return new Promise((resolve, reject) => {
    const onError = (error: unknown): void => {
      if (signal?.aborted) reject(signal.reason);
      else if (timeoutSignal.aborted) resolve({ status: 504, text: `no answer within ${withinMs / 1000} s` });
      else reject(error);
    };
    const outgoing = request(
      {
        ...{ method: 'POST', path, createConnection: () => client as never, signal: stop },
        headers: { ...headers, authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
      },
      (response) =>
        readAnswer(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 502, text: bytes.toString() }),
          onError,
        ),
    );
    outgoing.on('error', onError);
    outgoing.end(JSON.stringify(body));
  });
}

function answerOf(call: QuestionCall, text: string, model: string): string {
  let message: Json;
  try {
    message = JSON.parse(text);
  } catch {
    message = {};
  }
  const answerText = call.answer(message ?? {});
  if (typeof answerText === 'string') return answerText;
  throw new CooperBenchError('MODEL_ANSWER', `The answer of ${model} has no text: ${text.slice(0, 200)}`);
}

function createBudgetExhaustedError(): CooperBenchError {
  return new CooperBenchError('BUDGET_EXHAUSTED', 'The budget is used up. The evaluation is not complete.', {
    hint: 'Repeat the command with a larger --budget to continue.',
  });
}
