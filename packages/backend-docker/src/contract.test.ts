import { backendContract } from '@cooperbench/core/testing';
import { afterAll, describe, test } from 'vitest';
import { bases, describeDocker, present, sampleSpec, sampleTask } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';

const taskDir = sampleTask();
const streamBytes = process.env.COOPERBENCH_THOROUGH === '1' ? 1 << 30 : undefined;

describeDocker('the backend contract', () => {
  describe.for(bases)('on %s', (baseImage) => {
    const backend = new DockerBackend({ build: true, baseImage });
    const image = `${baseImage.replace(':latest', '')}-contract:task1`;
    const subject = { backend, spec: () => sampleSpec(taskDir, { image }), present, streamBytes };
    afterAll(() => backend[Symbol.asyncDispose]());
    test.for(backendContract)('$name', (one) => one.check(subject));
  });
});
