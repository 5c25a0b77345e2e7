import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@cooperbench/core';
import { thisOwner } from '@cooperbench/core';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, test } from 'vitest';
import { instancePrefix, ownerRecord, sandboxesFolder } from './instance.ts';
import { LocalBackend } from './local-backend.ts';
import { describeIsolation, isolation, sampleSpec, sampleTask } from './sample-task.test.support.ts';

const taskDir = sampleTask();
const streamBytes = process.env.COOPERBENCH_THOROUGH === '1' ? 1 << 30 : undefined;

describeIsolation('the backend contract', () => {
  const backend = new LocalBackend({ isolation });
  const plugin = { module: new URL('./index.ts', import.meta.url).href, backend: 'local' };
  const spec = () => sampleSpec(taskDir);
  const subject = sharingSubject({ backend, spec, present: listPresent, recordChanges, streamBytes, plugin });
  afterAll(async () => {
    await subject[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  const cases = backendContract.filter(({ needs }) => isolation === 'bubblewrap' || needs !== 'isolation');

  test.for(cases)('$name', (backendCase) => backendCase.check(subject));
});

/** Returns the directories of backends of this process that `work` adds. */
async function recordChanges(work: (fresh: Backend) => Promise<void>): Promise<string[]> {
  const before = await ownInstances();
  await using fresh = new LocalBackend({ isolation });
  await work(fresh);
  return (await ownInstances()).filter((name) => !before.includes(name));
}

async function ownInstances(): Promise<string[]> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(instancePrefix));
  const own = JSON.stringify(thisOwner());
  const owners = names.map((name) => readFile(join(tmpdir(), name, ownerRecord), 'utf8').catch(() => ''));
  return (await Promise.all(owners)).flatMap((owner, index) => (owner === own ? [names[index] ?? ''] : []));
}

/** Lists the sandboxes of every backend on this machine. */
async function listPresent(): Promise<string[]> {
  const instances = (await readdir(tmpdir())).filter((name) => name.startsWith(instancePrefix));
  const sandboxes = instances.map((name) => readdir(join(tmpdir(), name, sandboxesFolder)).catch(() => []));
  return (await Promise.all(sandboxes)).flat();
}
