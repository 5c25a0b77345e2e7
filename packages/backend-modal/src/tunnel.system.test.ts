import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
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
import { bubblewrapModal, openModal, specOf } from './modal.test.support.ts';

// The fake executes commands in sandboxes without network.
const { fake, backend } = await bubblewrapModal();
const image = 'registry.test/shell:1';
const { datasetDir, taskDir } = buildInstallableTask(image);

/** The task's image, with the framework's Node. */
fake.registry.set(image, async (folder) => {
  execFileSync('sh', [join(taskDir, 'setup.sh'), join(folder, 'workspace/repo')]);
  const bin = join(folder, 'usr/local/bin');
  for (const script of ['runner.sh', 'run_tests.sh']) {
    await copyFile(join(taskDir, script), join(bin, script));
    await chmod(join(bin, script), 0o755);
  }
  await copyFile(process.execPath, join(bin, 'node'));
});

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await backend.create(specOf());
});
afterAll(async () => {
  await backend[Symbol.asyncDispose]();
  expect(fake.running()).toEqual([]);
  await fake[Symbol.asyncDispose]();
  rmSync(datasetDir, { recursive: true });
});

test.for(listCasesOfExec())('on Modal, $name', (tunnelCase) => checkTunnel(tunnelCase, sandbox, 'python3'));

test('a sandbox that Modal terminates is the reason why a tunnel into it is lost', async () => {
  await using doomed = await backend.create(specOf());
  await checkLoss(doomed, async () => {
    const fakeSandbox = fake.sandboxes.get(doomed.id);
    if (fakeSandbox) await fake.end(fakeSandbox, 'terminated');
  });
});

test('frameworks in sandboxes of Modal exchange a message and a branch, and pass', () =>
  checkPair({
    plugins: [echoOn('modal', openModal)],
    ...{ datasetDir, backend: 'modal', backendOptions: {} },
    ...{ agent1: echoMember, agent2: echoMember },
  }));
