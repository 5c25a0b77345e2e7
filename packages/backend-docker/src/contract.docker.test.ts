import type { Backend } from '@cooperbench/core';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, test } from 'vitest';
import { bases, describeDocker, present, sampleSpec, sampleTask } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';
import { buildOwnerLabels } from './labels.ts';

const taskDir = sampleTask();
const streamBytes = process.env.COOPERBENCH_THOROUGH === '1' ? 1 << 30 : undefined;

/** As little in an image as may be assumed. On Debian the command line's own test runs the same cases, by `doctor`. */
const [, baseImage] = bases;

/** Returns the containers and networks of this process that `work` adds. */
async function recordChanges(work: (fresh: Backend) => Promise<void>): Promise<string[]> {
  const before = await present(buildOwnerLabels());
  await using fresh = new DockerBackend({ build: true, baseImage });
  await work(fresh);
  return (await present(buildOwnerLabels())).filter((name) => !before.includes(name));
}

describeDocker(`the backend contract on ${baseImage}`, () => {
  const backend = new DockerBackend({ build: true, baseImage });
  const image = 'cooperbench-test/contract:task1';
  const spec = () => sampleSpec(taskDir, { image });
  const subject = sharingSubject({ backend, spec, present, recordChanges, streamBytes });
  afterAll(async () => {
    await subject[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  const cases = backendContract.filter(({ needs }) => needs !== 'plugin');
  test.for(cases)('$name', (backendCase) => backendCase.check(subject));
});
