import docker from '@cooperbench/backend-docker';
import { checkPair, frameworkContract } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';
import { createSweLayer } from './layers.ts';
import { sweMember, sweSubject } from './subject.test.support.ts';

const archive = process.env.COOPERBENCH_E2E_SWE_AGENT ?? '';
const options = { ...installed, source: archive.replace(/^.*\//, '/task/') };
const task = dockerTask('swe-agent', [archive]);
const subject = sweSubject(options, () => task.sandbox(createSweLayer(options)));

test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of SWE-agent', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: dockerOptions },
    agentOptions: { swe_agent: options },
    agent1: sweMember,
    agent2: { ...sweMember, model: 'claude-sonnet-4-5' },
  }));
