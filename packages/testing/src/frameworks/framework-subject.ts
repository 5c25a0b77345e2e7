import assert from 'node:assert/strict';
import type { Environment } from '@cooperbench/agent-kit/providers';
import type { Agent, Sandbox } from '@cooperbench/core';
import { type AgentCase, type AgentSubject, type AgentTurn, agentContract } from '../index.ts';
import { type ProviderAnswer, scriptedProvider } from './scripted-provider.ts';
import type { ScriptedReply } from './wire.ts';

/** The key of the scripted provider. It must appear nowhere. */
export const providerKey = 'real-key-of-the-provider';

/** The cases of `agentContract` for a framework. None of the frameworks here takes a seed. */
export const frameworkContract: readonly AgentCase[] = agentContract.filter(({ needs }) => needs !== 'seed');

/**
 * Lists the cases of `agentContract` that depend on the framework more than on its adapter: errors of the model, and the
 * processes of commands. For a framework that starts too slowly for all cases.
 */
export function listCasesOfFramework(): readonly AgentCase[] {
  return [
    'an abort stops it and everything that it runs',
    'a rate limit that does not end is a failure of this seat only',
  ].map(
    (name) =>
      agentContract.find((agentCase) => agentCase.name === name) ?? assert.fail(`no case is named "${name}"`),
  );
}

const turnAnswers: Readonly<Record<Exclude<AgentTurn, 'crash' | 'slow answer' | object>, ProviderAnswer>> = {
  'wrong key': { status: 401 },
  'wrong request': { status: 400 },
  'rate limit': { status: 429 },
  'server error': { status: 500 },
  'no credit': 'no credit',
  'context exceeded': 'context exceeded',
  'broken answer': { cut: { text: 'Looking.' } },
  'malformed answer': { malformed: { text: 'Looking.' } },
};

/** Returns the provider's answer for a turn of the contract. `shell` is the model's answer that runs a command. */
export function answerOfTurn(
  turn: Exclude<AgentTurn, 'crash'>,
  shell: (command: string) => ProviderAnswer,
): ProviderAnswer {
  if (typeof turn === 'object') return shell(turn.run);
  return turn === 'slow answer' ? { slow: shell('true') as ScriptedReply } : turnAnswers[turn];
}

/** Returns whether the last turn is a failure of the provider, which repeats it. */
export function failsForEver(turns: readonly AgentTurn[]): boolean {
  const last = turns.at(-1);
  if (typeof last !== 'string' || last === 'crash' || last === 'slow answer') return false;
  const providerAnswer = turnAnswers[last];
  return typeof providerAnswer === 'string' || 'status' in providerAnswer;
}

/** Returns a framework with a scripted model, for `frameworkContract`. It takes the turns of a case and then finishes. */
export function frameworkSubject(framework: {
  /** Creates the agent with this environment. It should repeat a failed request twice. */
  agent(env: Environment): Agent;
  /** A model whose price is known. */
  readonly model: string;
  /** Returns the model's answer that runs a shell command in the repository. */
  shell(command: string): ProviderAnswer;
  /** An answer of the model that makes the framework crash. */
  readonly crash: ProviderAnswer;
  /** The model's last answer. Default: a text. */
  readonly done?: ProviderAnswer;
  /** Default: plain processes. */
  workspace?(): Promise<Sandbox>;
}): AgentSubject {
  const answerTurn = (turn: AgentTurn): ProviderAnswer =>
    turn === 'crash' ? framework.crash : answerOfTurn(turn, framework.shell);
  return {
    abilities: ['model', 'price', 'resume', 'crash'],
    ...(framework.workspace && { workspace: framework.workspace }),
    async open(turns) {
      const script = turns.map(answerTurn);
      const provider = await scriptedProvider(
        failsForEver(turns) ? script : [...script, framework.done ?? { text: 'done' }],
      );
      return {
        agent: framework.agent({ COOPERBENCH_API_KEY: providerKey }),
        access: { model: framework.model, baseUrl: provider.url },
        requests: provider.requests,
        key: providerKey,
        [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
      };
    },
  };
}
