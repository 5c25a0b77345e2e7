import { fakeInbox, fakeSeat } from '@cooperbench/testing';
import { listCasesOfFramework, type ProviderAnswer, scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { realProgram } from './docker.test.support.ts';

const model = 'gpt-4o';
const shell = (command: string): ProviderAnswer => ({
  toolCalls: [{ name: 'run_shell_command', arguments: { command, is_background: false } }],
});
const qwen = realProgram({ agent: 'qwen_code', model, shell });

// It waits for minutes until it gives up at a rate limit.
const cases = listCasesOfFramework().filter(({ name }) => !name.includes('rate limit'));
test.for(cases)('$name', (agentCase) => agentCase.check(qwen.subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of Qwen Code', () => qwen.pair());

test('a message reaches it between two steps of a turn, and its options reach its model', async () => {
  await using provider = await scriptedProvider([shell('true'), { text: 'Done.' }]);
  await using workspace = await qwen.sandbox();
  const inbox = fakeInbox(['[Message from agent2]: I take README.md.']);
  const seat = fakeSeat(workspace, { model, baseUrl: provider.url, inbox });
  const agent = qwen.agent({ effort: 'low', temperature: 0.3, topP: 0.8, contextWindow: 50_000 });
  expect(await agent.run('Finish.', seat.context)).toEqual({ status: 'Completed' });
  const sent = provider.requests.map(({ body }) => [body.reasoning_effort, body.temperature, body.top_p]);
  expect(sent).toEqual([
    ['low', 0.3, 0.8],
    ['low', 0.3, 0.8],
  ]);
  expect(JSON.stringify(provider.requests[1]?.body.messages)).toContain('I take README.md');
});
