import { type AgentSubject, type AgentTurn, agentContract } from '@cooperbench/testing';
import {
  answerOfTurn,
  failsForEver,
  type ProviderAnswer,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { createMiniSweAgent } from './agent.ts';
import { submitCommand } from './shell/submission.ts';

const key = 'real-key-of-the-provider';

const call = (command: string): ProviderAnswer => ({ toolCalls: [{ name: 'bash', arguments: { command } }] });

const answer = (turn: AgentTurn): ProviderAnswer => (turn === 'crash' ? {} : answerOfTurn(turn, call));

/** Its loop is not a program that can crash, and its submission is final. */
const subject: AgentSubject = {
  abilities: ['model', 'price', 'seed'],
  async open(turns) {
    const script = turns.map(answer);
    const provider = await scriptedProvider(failsForEver(turns) ? script : [...script, call(submitCommand)]);
    return {
      agent: createMiniSweAgent({ env: { COOPERBENCH_API_KEY: key }, sleep: async () => {} }),
      access: { model: 'gpt-4o', baseUrl: provider.url },
      requests: provider.requests,
      key,
      [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose](),
    };
  },
};

const cases = agentContract.filter(({ needs }) => needs === undefined || subject.abilities.includes(needs));
test.for(cases)('$name', (agentCase) => agentCase.check(subject));
