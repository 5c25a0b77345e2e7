import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@cooperbench/agent-kit';
import docker from '@cooperbench/backend-docker';
import tests from '@cooperbench/evaluator-tests';
import { createContainer, tokens } from '@cooperbench/runs';
import settings from '@cooperbench/settings';
import { type ProviderAnswer, providerKey, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { claudeCodeMember } from './claude-code/subject.test.support.ts';
import { codexMember } from './codex/subject.test.support.ts';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';

const task = dockerTask('team');

const commit = 'git -c user.name=x -c user.email=x@localhost commit -qam x';
const note = 'The top of lib.txt is mine.';

type Turn = { readonly tool: string; readonly given: object } | { readonly shell: string };

const use = (tool: string, given: object): Turn => ({ tool, given });

/** What the models want, turn by turn. They use the channels by the MCP server alone, but for git. */
const turns: Readonly<Record<string, readonly Turn[]>> = {
  agent1: [
    use('task_claim', { args: ['1'] }),
    use('send_message', { args: ['agent2', note] }),
    { shell: `{ head -n 1 lib.txt; echo 'feature 1'; tail -n +2 lib.txt; } > new && mv new lib.txt && ${commit}` },
    use('task_update', { args: ['1', 'done'] }),
    use('wait_for_message', { seconds: 120 }),
  ],
  agent2: [
    use('wait_for_message', { seconds: 120 }),
    use('task_claim', { args: ['2'] }),
    { shell: `echo 'feature 2' >> lib.txt && ${commit}` },
    use('send_message', { args: ['agent1'], stdin: 'feature 2 is done' }),
  ],
};

function seatOf(body: Json): 'agent1' | 'agent2' {
  return JSON.stringify(body).includes('You are agent1.') ? 'agent1' : 'agent2';
}

test('a team of Codex and Claude Code uses its channels by MCP', async () => {
  const counts = { agent1: 0, agent2: 0 };
  await using provider = await scriptedProvider(({ body, format }): ProviderAnswer => {
    const seat = seatOf(body);
    const turn = turns[seat]?.[counts[seat]++];
    console.log(seat, format, JSON.stringify(body.tools?.map((t: Json) => t.name ?? t)).slice(0, 3000), JSON.stringify(body.messages?.at(-1) ?? body.input?.at(-1)).slice(0, 600));
    if (!turn) return { text: 'Done.' };
    const { shell } = seat === 'agent1' ? codexMember : claudeCodeMember;
    if ('shell' in turn) return shell(turn.shell);
    return { toolCalls: [{ name: `mcp__cooperbench_mcp__${turn.tool}`, arguments: turn.given }] };
  });
  const logsDir = mkdtempSync(join(tmpdir(), 'cooperbench-team-'));
  onTestFinished(() => rmSync(logsDir, { recursive: true }));
  vi.stubEnv('COOPERBENCH_API_KEY', providerKey);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { summary } = await createContainer([tests.plugin, docker(), plugin(), settings.plugin])
    .get(tokens.runs)
    .run({
      ...{ runName: 'team', setting: 'team', datasetDir: task.datasetDir, logsDir },
      ...{ backend: 'docker', backendOptions: { docker: dockerOptions } },
      ...{ agent: 'codex', modelName: codexMember.model, baseUrl: provider.url },
      seats: { agent2: { agent: 'claude_code', model: claudeCodeMember.model } },
      agentOptions: { codex: installed, claude_code: installed },
    });
  const read = (name: string): string =>
    readFileSync(join(logsDir, 'team/team/shell_task/1/f1_f2', name), 'utf8');
  console.log(read('result.json'));
  expect(JSON.parse(read('conversation.json'))).toMatchObject([
    { from: 'agent1', to: 'agent2', message: note, delivered: true },
    { from: 'agent2', to: 'agent1', message: 'feature 2 is done', delivered: true },
  ]);
  expect(summary.pass_rate).toBe(1);
});
