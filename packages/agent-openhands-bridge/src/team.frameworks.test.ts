import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import docker from '@cooperbench/backend-docker';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import settings from '@cooperbench/settings';
import {
  buildSeat,
  countAnswers,
  type ProviderAnswer,
  providerKey,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';
import { openHandsMember, terminal } from './subject.test.support.ts';

const task = dockerTask();

const use = (name: string, givenValue: object): ProviderAnswer => ({
  toolCalls: [{ name, arguments: givenValue }],
});
const note = 'The top of lib.txt is mine.';
const answer = 'feature 2 is done';

/**
 * What the models want, turn by turn. They use the channels by the MCP server alone. The second waits for the first one's note
 * before its turns.
 */
const turns: Readonly<Record<string, readonly ProviderAnswer[]>> = {
  agent1: [
    use('task_claim', { args: ['1'] }),
    terminal("{ head -n 1 lib.txt; echo 'feature 1'; tail -n +2 lib.txt; } > new && mv new lib.txt"),
    use('send_message', { args: ['agent2', note] }),
  ],
  agent2: [
    use('task_claim', { args: ['2'] }),
    terminal("echo 'feature 2' >> lib.txt"),
    use('send_message', { args: ['agent1'], stdin: answer }),
  ],
};

test('a team of OpenHands uses its channels by MCP', async () => {
  let waits = 0;
  await using provider = await scriptedProvider(({ body }) => {
    const seat = buildSeat(body);
    // A note of the list of tasks ends a wait, too.
    if (seat === 'agent2' && !JSON.stringify(body).includes(note)) {
      waits += 1;
      return use('wait_for_message', { seconds: 120 });
    }
    return turns[seat]?.[countAnswers(body) - (seat === 'agent2' ? waits : 0)] ?? { text: 'Done.' };
  });
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-team-'));
  onTestFinished(() => rmSync(logsDir, { recursive: true }));
  vi.stubEnv('COOPERBENCH_API_KEY', providerKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { summary } = await createContainer([tests(), docker(), plugin(), settings()])
    .get(tokens.runs)
    .run({
      ...{ runName: 'team', setting: 'team', datasetDir: task.datasetDir, logsDir },
      ...{ backend: 'docker', backendOptions: { docker: dockerOptions } },
      ...{ agent: 'openhands', modelName: openHandsMember.model, baseUrl: provider.url },
      agentOptions: { openhands: installed },
    });
  const read = (name: string): string =>
    readFileSync(join(logsDir, 'team/team/shell_task/1/f1_f2', name), 'utf8');
  expect(JSON.parse(read('conversation.json'))).toMatchObject([
    { from: 'agent1', to: 'agent2', message: note, delivered: true },
    { from: 'agent2', to: 'agent1', message: answer },
  ]);
  expect(JSON.parse(read('result.json'))).toMatchObject({
    agents: { agent1: { status: 'Completed', error: null }, agent2: { status: 'Completed', error: null } },
    ...{ tasks_total: 2, claims_per_agent: { agent1: 1, agent2: 1 } },
  });
  expect(summary.pass_rate).toBe(1);
});
