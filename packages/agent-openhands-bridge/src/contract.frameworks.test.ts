import { rmSync } from 'node:fs';
import { casesOfFramework, checkPair, installableTask } from '@cooperbench/agent-kit/testing';
import docker, { createDockerBackend } from '@cooperbench/backend-docker';
import { afterAll, test } from 'vitest';
import plugin from './index.ts';
import { openHandsLayer } from './layer.ts';
import { openHandsMember, openHandsSubject } from './subject.test.support.ts';

// The real agent-server, which its layer installs once from the package index, in containers without network.
const installed = { registry: process.env.PIP_INDEX_URL, retries: 0 };
const backendOptions = {
  network: 'none',
  build: true,
  baseImage: 'cooperbench-test/base:latest',
} as const;

const task = installableTask('cooperbench-test/openhands:task1');
const { datasetDir } = task;
const backend = await createDockerBackend(backendOptions);
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
  rmSync(datasetDir, { recursive: true });
});

const subject = openHandsSubject(installed, () => backend.create(task.spec(openHandsLayer(installed))));

// A start takes about 10 seconds, so the whole contract runs against a program that speaks as the server does. The pair shows
// what these cases do not: work, steps, usage, and messages while it works.
test.for(casesOfFramework())('$name', (one) => one.check(subject));

test('a pair exchanges a message and a branch, passes, and hands in nothing of OpenHands', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir, backend: 'docker', backendOptions },
    agentOptions: { openhands: installed },
    ...{ agent1: openHandsMember, agent2: openHandsMember },
  }));
