import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@cooperbench/agent-kit';
import type { Plugin } from '@cooperbench/core';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import { providerKey } from './framework-subject.ts';
import { type ProviderAnswer, scriptedProvider } from './scripted-provider.ts';

/** A framework in one seat of a pair. */
export interface PairMember {
  readonly agent: string;
  readonly model: string;
  /** Returns the model's answer that runs a shell command in the repository. */
  shell(command: string): ProviderAnswer;
  /** The model's last answer. Default: a text. */
  readonly done?: ProviderAnswer;
  /** It ends after an answer with commands. When the answer names a file, it first asks again with that file. */
  readonly answersOnce?: true;
}

export interface FrameworkPair {
  /** The members' agents, and the backend. */
  readonly plugins: readonly Plugin[];
  /** A dataset of `shellTask`. */
  readonly datasetDir: string;
  readonly backend: string;
  readonly backendOptions: unknown;
  /** By the name of the agent. */
  readonly agentOptions?: Readonly<Record<string, unknown>>;
  readonly agent1: PairMember;
  readonly agent2: PairMember;
}

const note = 'The top of lib.txt is mine.';
const commit = 'git -c user.name=agent1 -c user.email=agent1@localhost commit -qam one';
const turns = {
  agent1: [
    `{ head -n 1 lib.txt; echo 'feature 1'; tail -n +2 lib.txt; } > new && mv new lib.txt && ${commit}`,
    `send_message agent2 "${note}" && git push -q team HEAD:agent1`,
  ],
  agent2: [
    'until git fetch -q team && git rev-parse -q --verify team/agent1; do sleep 0.2; done',
    "git merge -q team/agent1 && echo 'feature 2' >> lib.txt",
  ],
};

/**
 * Runs two frameworks as a pair with messages and git: `agent1` sends a message and a branch, and `agent2` merges the branch.
 * Rejects with an AssertionError unless both arrive, both seats are metered, the pair passes, and nothing but `lib.txt` is
 * handed in.
 */
export async function checkPair(pair: FrameworkPair): Promise<void> {
  // Its requests also have answers that no model gave, so it gets its commands twice.
  const repeatedCounts = { agent1: 0, agent2: 0 };
  await using provider = await scriptedProvider(({ body }) => {
    const seat = buildSeat(body);
    const { answersOnce } = pair[seat];
    const answerCount = answersOnce ? repeatedCounts[seat]++ >> 1 : countAnswers(body);
    const command = (answersOnce ? [turns[seat].join(' && ')] : turns[seat])[answerCount];
    return command === undefined ? (pair[seat].done ?? { text: 'Done.' }) : pair[seat].shell(command);
  });
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-pair-'));
  const key = process.env.COOPERBENCH_API_KEY;
  process.env.COOPERBENCH_API_KEY = providerKey;
  try {
    const { summary } = await createContainer([tests(), ...pair.plugins])
      .get(tokens.runs)
      .run({
        ...{ runName: 'pair', datasetDir: pair.datasetDir, logsDir, gitEnabled: true },
        ...{ backend: pair.backend, backendOptions: { [pair.backend]: pair.backendOptions } },
        ...{ agent: pair.agent1.agent, modelName: pair.agent1.model, baseUrl: provider.url },
        seats: { agent2: { agent: pair.agent2.agent, model: pair.agent2.model } },
        agentOptions: pair.agentOptions,
      });
    const readFixture = (name: string): string =>
      readFileSync(join(logsDir, 'pair/coop/shell_task/1/f1_f2', name), 'utf8');
    const { agents } = JSON.parse(readFixture('result.json'));
    for (const seat of ['agent1', 'agent2'] as const) {
      const requestCount = provider.requests.filter(({ body }) => buildSeat(body) === seat).length;
      const { status, error, steps, cost, input_tokens } = agents[seat];
      assert.deepEqual(
        [status, error, steps, input_tokens],
        ['Completed', null, requestCount, 100 * requestCount],
      );
      assert.ok(cost > 0, `${seat} cost nothing`);
      assert.deepEqual(readFixture(`${seat}.patch`).match(/^diff --git .*$/gm), [
        'diff --git a/lib.txt b/lib.txt',
      ]);
    }
    const [firstSent] = JSON.parse(readFixture('conversation.json'));
    assert.deepEqual([firstSent.from, firstSent.to, firstSent.message], ['agent1', 'agent2', note]);
    const requests = provider.requests.filter(({ body }) => buildSeat(body) === 'agent2');
    assert.ok(JSON.stringify(requests).includes(note), 'agent2 was not shown the message');
    assert.equal((summary as Json).pass_rate, 1, readFixture('eval.json'));
  } finally {
    if (key === undefined) delete process.env.COOPERBENCH_API_KEY;
    else process.env.COOPERBENCH_API_KEY = key;
    rmSync(logsDir, { recursive: true });
  }
}

/** Finds the seat's name in the instructions, which each framework puts into another part of the request. */
export function buildSeat(body: Json): 'agent1' | 'agent2' {
  return JSON.stringify(body).includes('You are agent1.') ? 'agent1' : 'agent2';
}

/** Counts the model's answers in this conversation, in any wire format. */
export function countAnswers(body: Json): number {
  const messages: readonly Json[] = body.messages ?? body.input ?? body.contents ?? [];
  return messages.filter(
    ({ role, type }) => role === 'assistant' || role === 'model' || type === 'function_call',
  ).length;
}
