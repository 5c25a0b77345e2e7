import docker from '@cooperbench/backend-docker';
import { fakeSeat } from '@cooperbench/testing';
import {
  checkPair,
  listCasesOfFramework,
  providerKey,
  scriptedProvider,
} from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { claudeCodeMember } from '../claude-code/subject.test.support.ts';
import { dockerOptions, dockerTask, installed } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { codex } from './agent.ts';
import { createCodexLayer } from './definition.ts';
import { codexMember, codexSubject } from './subject.test.support.ts';

const task = dockerTask('codex');
const subject = codexSubject(installed, () => task.sandbox(createCodexLayer(installed)));

// The whole contract runs with a program that behaves as it does.
test.for(listCasesOfFramework())('$name', (agentCase) => agentCase.check(subject));

test('a rate limit that ends is waited out', async () => {
  await using provider = await scriptedProvider([{ status: 429 }, { text: 'Done.' }]);
  await using workspace = await task.sandbox(createCodexLayer(installed));
  const { context } = fakeSeat(workspace, { model: codexMember.model, baseUrl: provider.url });
  const agent = codex(installed, { COOPERBENCH_API_KEY: providerKey });
  expect(await agent.run('Finish.', context)).toEqual({ status: 'Completed' });
});

const pair = {
  ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
  ...{ backend: 'docker', backendOptions: dockerOptions },
  agentOptions: { codex: installed, claude_code: installed },
};

test('a pair exchanges a message and a branch, passes, and hands in nothing of Codex', () =>
  checkPair({ ...pair, agent1: codexMember, agent2: codexMember }));

test('Codex and Claude Code work as one pair', () =>
  checkPair({ ...pair, agent1: codexMember, agent2: claudeCodeMember }));
