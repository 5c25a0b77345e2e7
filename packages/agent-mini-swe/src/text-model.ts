import {
  checkReachable,
  formatEndpointNotice,
  formatPriceNotice,
  planModel,
} from '@cooperbench/agent-kit/providers';
import { AgentError, type Cancellable, type ModelAccess, type ModelUsage } from '@cooperbench/core';
import { type AgentPorts, realPorts } from './agent.ts';
import { loadAgentConfig } from './config/load.ts';
import type { ChatModel } from './model/chat-model.ts';
import { ModelFailure } from './model/failure.ts';
import { withRetries } from './model/retry.ts';
import { findScriptFor, formatScriptNotice, loadScripts } from './scripted/load.ts';
import { isScripted } from './scripted/name.ts';
import { scriptedModel } from './scripted/scripted-model.ts';

/** A model that answers questions and has no tools. */
export interface TextModel {
  /** USD. Returns undefined if the price is not known. */
  cost(tokens: { readonly inputTokens: number; readonly outputTokens: number }): number | undefined;
  /** @throws AgentError when the model cannot be used or does not answer; the signal's reason. */
  ask(question: TextQuestion): Promise<TextReply>;
}

export interface TextQuestion extends Cancellable {
  readonly system: string;
  readonly text: string;
  /** What the question is about: a trial, and who asks. A scripted model matches its scripts with these. */
  readonly trial: string;
  readonly seat: string;
  readonly features: readonly number[];
  /** For providers that take one. */
  readonly seed: number;
}

export interface TextReply {
  readonly text: string;
  /** The use of all calls that the question took. `costUsd` is absent when a price is not known. */
  readonly usage: ModelUsage;
}

export async function openText(
  access: ModelAccess & Cancellable,
  printLine: (line: string) => void,
  ports: AgentPorts = realPorts,
): Promise<TextModel> {
  return isScripted(access.model)
    ? openScript(access, printLine, ports)
    : openProvider(access, printLine, ports);
}

async function openProvider(
  access: ModelAccess & Cancellable,
  printLine: (line: string) => void,
  ports: AgentPorts,
): Promise<TextModel> {
  const config = await loadAgentConfig(access.configFile);
  const plan = await planModel(access, config.price, ports.env);
  await checkReachable(plan, ports.env, access.signal);
  printLine(formatEndpointNotice(plan));
  if (plan.price === undefined) printLine(formatPriceNotice(access.model));
  const { openModel } = await import('./model/sdk-model.ts');
  const bySeed = new Map<number, Promise<ChatModel>>();
  let noticed = false;
  const notice = (text: string): void => {
    if (!noticed) printLine(text);
    noticed = true;
  };
  return {
    cost: (tokens) => plan.price?.({ ...tokens, cacheReadTokens: 0, cacheWriteTokens: 0 }),
    async ask(question) {
      const { seed } = question;
      const client = bySeed.get(seed) ?? openModel(plan, config.model, seed, []);
      bySeed.set(seed, client);
      const lostUsages: ModelUsage[] = [];
      const spend = (usage: ModelUsage): void => void lostUsages.push(usage);
      const model = withRetries(await client, config.retries, { ...ports, log: () => {}, notice, spend });
      return reply(model, question, lostUsages);
    },
  };
}

/** A question again gets the next turn of the script that matches it. */
async function openScript(
  { model: id }: ModelAccess,
  printLine: (line: string) => void,
  { sleep }: AgentPorts,
): Promise<TextModel> {
  const scripts = await loadScripts(id);
  printLine(formatScriptNotice(id));
  const open = new Map<string, ChatModel>();
  return {
    cost: () => 0,
    async ask(question) {
      const key = `${question.trial} ${question.seat}`;
      const model =
        open.get(key) ?? scriptedModel(id, findScriptFor(scripts, { model: id, ...question }), sleep);
      open.set(key, model);
      return reply(model, question, []);
    },
  };
}

async function reply(
  model: ChatModel,
  { system, text, signal }: TextQuestion,
  lostUsages: readonly ModelUsage[],
): Promise<TextReply> {
  const turns = [
    { role: 'system', text: system },
    { role: 'user', text },
  ] as const;
  try {
    const answer = await model.complete(turns, { signal: signal ?? new AbortController().signal });
    return { text: answer.text, usage: sum([...lostUsages, answer.usage]) };
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    throw new AgentError(
      'AGENT_MODEL',
      `${model.id} refused the request because it is too long: ${error.message}`,
      {
        hint: 'Use a model with a larger context window.',
        cause: error,
      },
    );
  }
}

function sum(usages: readonly ModelUsage[]): ModelUsage {
  const add = (pick: (usage: ModelUsage) => number): number =>
    usages.reduce((total, usage) => total + pick(usage), 0);
  return {
    ...(usages.every(({ costUsd }) => costUsd !== undefined) && {
      costUsd: add(({ costUsd = 0 }) => costUsd),
    }),
    inputTokens: add(({ inputTokens }) => inputTokens),
    outputTokens: add(({ outputTokens }) => outputTokens),
    cacheReadTokens: add(({ cacheReadTokens }) => cacheReadTokens),
    cacheWriteTokens: add(({ cacheWriteTokens }) => cacheWriteTokens),
  };
}
