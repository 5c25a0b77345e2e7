import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import type { Layer, SandboxSpec } from '@cooperbench/core';
import { shellTask } from '../index.ts';

export interface InstallableTask {
  readonly datasetDir: string;
  readonly taskDir: string;
  /** Returns the spec of another sandbox of the task, with this software. */
  spec(layer: Layer): SandboxSpec;
}

/**
 * Creates the dataset of `shellTask` with a Dockerfile, for a Docker backend with the options `build` and `baseImage`. A layer
 * can download in its image, even through a proxy whose certificate only this machine trusts. The caller removes the
 * directory.
 */
export function buildInstallableTask(image: string): InstallableTask {
  const datasetDir = shellTask({ taskJson: { timeout_seconds: 60, image, network: 'none' } });
  const taskDir = join(datasetDir, 'shell_task/task1');
  writeFileSync(join(taskDir, 'trusted.pem'), getCACertificates('default').join('\n'));
  writeFileSync(
    join(taskDir, 'runner.sh'),
    'cd /patches && exec sh /usr/local/bin/run_tests.sh /workspace/repo "$PWD/$1" ${2+"$PWD/$2"}\n',
  );
  writeFileSync(
    join(taskDir, 'Dockerfile'),
    `ARG BASE
FROM \${BASE}
COPY . /task
ENV SSL_CERT_FILE=/task/trusted.pem PIP_CERT=/task/trusted.pem NODE_EXTRA_CA_CERTS=/task/trusted.pem
RUN sh /task/setup.sh /workspace/repo && mkdir /patches && install -m 755 /task/*.sh /usr/local/bin
`,
  );
  let count = 0;
  return {
    datasetDir,
    taskDir,
    spec(layer) {
      count += 1;
      return {
        name: `${image.replace(/\W+/g, '-')}-${process.pid}-${count}`,
        labels: { run: 'test', trial: 'coop/shell_task/1/f1_f2', seat: 'agent1' },
        image,
        taskDir,
        untrusted: true,
        lifetimeMs: 3_600_000,
        layers: [layer],
      };
    },
  };
}
