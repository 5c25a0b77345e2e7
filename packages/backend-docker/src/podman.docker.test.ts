import { type Backend, runCommand } from '@cooperbench/core';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { connect } from './connection/connect.ts';
import { findEndpoint } from './connection/endpoint.ts';
import { bases, present, sampleSpec, sampleTask } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';
import { buildOwnerLabels } from './labels.ts';
import { describePodman, podmanHost } from './podman.test.support.ts';

const [, baseImage] = bases;
const options = { build: true, baseImage, host: podmanHost } as const;

describePodman('the backend contract on Podman', () => {
  const podman = connect(findEndpoint(options));
  const names = (owner?: Record<string, string>) => present(owner, podman);
  const backend = new DockerBackend(options);
  const taskDir = sampleTask();
  const subject = sharingSubject({
    backend,
    spec: () => sampleSpec(taskDir, { image: 'cooperbench-test/contract:task1' }),
    present: names,
    async recordChanges(work: (fresh: Backend) => Promise<void>): Promise<string[]> {
      const before = await names(buildOwnerLabels());
      await using fresh = new DockerBackend(options);
      await work(fresh);
      return (await names(buildOwnerLabels())).filter((name) => !before.includes(name));
    },
  });
  afterAll(async () => {
    await subject[Symbol.asyncDispose]();
    await backend[Symbol.asyncDispose]();
  });
  const cases = backendContract.filter(({ needs }) => needs !== 'plugin');
  test.for(cases)('$name', (backendCase) => backendCase.check(subject));

  // Podman describes the end of a process that ran as Docker does that of one that never began.
  test.for([126, 127])(
    'the exit code %i of a program is not taken for a failure to start it',
    async (code) => {
      await subject.share?.(async (sandbox) => {
        const { exitCode, stderr } = await runCommand(sandbox, ['sh', '-c', `exit ${code}`]);
        expect([exitCode, stderr.toString()]).toEqual([code, '']);
      });
    },
  );
});
