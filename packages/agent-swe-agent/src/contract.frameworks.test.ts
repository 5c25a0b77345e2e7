import docker from '@cooperbench/backend-docker';
import { checkPair, listCasesOfFramework } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';
import { createMiniLayer } from './layers.ts';
import { miniMember, miniSubject } from './subject.test.support.ts';

const task = dockerTask('mini-swe-agent');
const subject = miniSubject(installed, () => task.sandbox(createMiniLayer(installed)));

// Each start imports LiteLLM for seconds, so the whole contract runs with a fake. The pair shows what these cases do not: work,
// steps, usage, messages while it works, and both APIs.
test.for(listCasesOfFramework())('$name', (agentCase) => agentCase.check(subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of mini-SWE-agent', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: dockerOptions },
    agentOptions: { mini_swe_agent_cli: installed },
    // The other API: one seat asks OpenAI's, the other Anthropic's.
    agent1: miniMember,
    agent2: { ...miniMember, model: 'claude-sonnet-4-5' },
  }));
