import { rmSync } from 'node:fs';
import { createDockerBackend } from '@cooperbench/backend-docker';
import type { Sandbox } from '@cooperbench/core';
import { buildInstallableTask } from '@cooperbench/testing/frameworks';
import { afterAll } from 'vitest';
import { openHandsLayer } from './layer.ts';

/** The options of the agent: the real agent-server, which its layer installs once from the package index. */
export const installed = { registry: process.env.PIP_INDEX_URL, retries: 0 };

/** Containers without network. */
export const dockerOptions = {
  network: 'none',
  build: true,
  baseImage: 'cooperbench-test/base:latest',
} as const;

/** Returns a task in a Docker image with the agent-server, until the end of the test file. */
export function dockerTask(): { datasetDir: string; sandbox(): Promise<Sandbox> } {
  const task = buildInstallableTask('cooperbench-test/openhands:task1');
  const { datasetDir } = task;
  const opening = createDockerBackend(dockerOptions);
  afterAll(async () => {
    await (await opening)[Symbol.asyncDispose]();
    rmSync(datasetDir, { recursive: true });
  });
  return {
    datasetDir,
    sandbox: async () => (await opening).create(task.spec(openHandsLayer(installed))),
  };
}
