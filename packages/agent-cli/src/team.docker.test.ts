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
import { claudeCodeMember } from './claude-code/subject.test.support.ts';
import { codexMember } from './codex/subject.test.support.ts';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';

const task = dockerTask('team');

const commit = 'git -c user.name=x -c user.email=x@localhost commit -qam x';
const note = 'The top of lib.txt is mine.';
const answer = 'feature 2 is done';

type Turn = { readonly tool: string; readonly given: object } | { readonly shell: string };

const use = (tool: string, givenValue: object): Turn => ({ tool, given: givenValue });

const server = 'mcp__cooperbench_mcp';

const members = {
  agent1: {
    // For a model that Codex knows, it offers MCP servers through a search that only such a model can use.
    ...{ model: 'gpt-4o', shell: codexMember.shell },
    tool: (name: string, givenValue: object): ProviderAnswer => ({
      toolCalls: [{ namespace: server, name, arguments: givenValue }],
    }),
  },
  agent2: {
    ...{ model: claudeCodeMember.model, shell: claudeCodeMember.shell },
    tool: (name: string, givenValue: object): ProviderAnswer => ({
      toolCalls: [{ name: `${server}__${name}`, arguments: givenValue }],
    }),
  },
};

/** What the models want, turn by turn. They use the channels by the MCP server alone, but for git. */
const turns: Readonly<Record<string, readonly Turn[]>> = {
  agent1: [
    use('task_claim', { args: ['1'] }),
    use('send_message', { args: ['agent2', note] }),
    {
      shell: `{ head -n 1 lib.txt; echo 'feature 1'; tail -n +2 lib.txt; } > new && mv new lib.txt && ${commit}`,
    },
    use('task_update', { args: ['1', 'done'] }),
  ],
  agent2: [
    use('wait_for_message', { seconds: 120 }),
    use('task_claim', { args: ['2'] }),
    { shell: `echo 'feature 2' >> lib.txt && ${commit}` },
    use('send_message', { args: ['agent1'], stdin: answer }),
  ],
};

test('a team of Codex and Claude Code uses its channels by MCP', async () => {
  await using provider = await scriptedProvider(({ body }): ProviderAnswer => {
    const seat = buildSeat(body);
    const wantsAnswer = seat === 'agent1' && !JSON.stringify(body).includes(answer);
    // It also gets notes of the list of tasks.
    const wait = wantsAnswer ? use('wait_for_message', { seconds: 120 }) : undefined;
    const turn = turns[seat]?.[countAnswers(body)] ?? wait;
    if (!turn) return { text: 'Done.' };
    if ('shell' in turn) return members[seat].shell(turn.shell);
    return members[seat].tool(turn.tool, turn.given);
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
      ...{ agent: 'codex', modelName: members.agent1.model, baseUrl: provider.url },
      seats: { agent2: { agent: 'claude_code', model: members.agent2.model } },
      agentOptions: { codex: installed, claude_code: installed },
    });
  const read = (name: string): string =>
    readFileSync(join(logsDir, 'team/team/shell_task/1/f1_f2', name), 'utf8');
  expect(JSON.parse(read('conversation.json'))).toMatchObject([
    { from: 'agent1', to: 'agent2', message: note, delivered: true },
    { from: 'agent2', to: 'agent1', message: answer, delivered: true },
  ]);
  expect(JSON.parse(read('result.json'))).toMatchObject({
    agents: {
      agent1: { status: 'Completed', error: null, role: 'lead' },
      agent2: { status: 'Completed', error: null, role: 'member' },
    },
    ...{ tasks_total: 2, tasks_done: 1, unowned_at_end: 0 },
    ...{ claims_per_agent: { agent1: 1, agent2: 1 }, updates_per_agent: { agent1: 1 } },
  });
  expect(summary.pass_rate).toBe(1);
});
