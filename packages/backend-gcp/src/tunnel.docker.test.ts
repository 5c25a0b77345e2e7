import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '@cooperbench/core';
import {
  buildInstallableTask,
  checkLoss,
  checkPair,
  checkTunnel,
  echoMember,
  echoOn,
  listCasesOfExec,
} from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backendOn, specOf, startFake } from './gcp.test.support.ts';

const fake = await startFake();
const image = 'cooperbench-test/shell:task1';
const { datasetDir, taskDir } = buildInstallableTask(image);
// Nothing is downloaded here, and a VM gets the Dockerfile with its files inside.
rmSync(join(taskDir, 'trusted.pem'));

/** VMs whose containers have Python, Node, and no network. */
const open = () => backendOn(fake, { baseImage: 'cooperbench-test/base:latest', network: 'none' });
const backend = open();
const spec = () => specOf({ image, taskDir });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await backend.create(spec());
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
  expect(await fake.billable()).toEqual([]);
  await fake[Symbol.asyncDispose]();
  rmSync(datasetDir, { recursive: true });
});

test.for(listCasesOfExec())('on a VM of Google Cloud, $name', (tunnelCase) =>
  checkTunnel(tunnelCase, sandbox, 'python3'),
);

test('a VM that is preempted is the reason why a tunnel into it is lost', async () => {
  await using doomed = await backend.create(spec());
  await checkLoss(doomed, () => fake.end(doomed.id, 'preempted'));
});

test('frameworks on VMs of Google Cloud exchange a message and a branch, and pass', () =>
  checkPair({
    plugins: [echoOn('gcp', open)],
    ...{ datasetDir, backend: 'gcp', backendOptions: {} },
    ...{ agent1: echoMember, agent2: echoMember },
  }));
