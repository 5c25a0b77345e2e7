import docker from '@cooperbench/backend-docker';
import { checkPair, listCasesOfFramework } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask, installed } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { createClaudeCodeLayer } from './definition.ts';
import { claudeCodeMember, claudeCodeSubject } from './subject.test.support.ts';

const task = dockerTask('claude-code');
const subject = claudeCodeSubject(installed, () => task.sandbox(createClaudeCodeLayer(installed)));

// The whole contract runs with a program that behaves as it does.
test.for(listCasesOfFramework())('$name', (agentCase) => agentCase.check(subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of Claude Code', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: dockerOptions, agentOptions: { claude_code: installed } },
    ...{ agent1: claudeCodeMember, agent2: claudeCodeMember },
  }));
