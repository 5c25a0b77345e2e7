import docker from '@cooperbench/backend-docker';
import { checkPair, listCasesOfFramework } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask, installed } from './docker.test.support.ts';
import plugin from './index.ts';
import { openHandsMember, openHandsSubject } from './subject.test.support.ts';

const task = dockerTask();
const subject = openHandsSubject(installed, task.sandbox);

// A start takes about 10 seconds, so the whole contract runs against a program that speaks as the server does. The pair shows
// what these cases do not: work, steps, usage, and messages while it works.
test.for(listCasesOfFramework())('$name', (agentCase) => agentCase.check(subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of OpenHands', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: dockerOptions, agentOptions: { openhands: installed } },
    ...{ agent1: openHandsMember, agent2: openHandsMember },
  }));
