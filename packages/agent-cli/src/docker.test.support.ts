import { rmSync } from 'node:fs';
import { createDockerBackend, type DockerOptions } from '@cooperbench/backend-docker';
import type { Layer, Sandbox } from '@cooperbench/core';
import { buildInstallableTask } from '@cooperbench/testing/frameworks';
import { afterAll } from 'vitest';

/** The options of the agents: the real frameworks, which their layers install from npm's registry once for each image. */
export const installed = { registry: process.env.npm_config_registry, retries: 2 };

/** Containers without network. */
export const dockerOptions = {
  network: 'none',
  build: true,
  baseImage: 'cooperbench-test/base:latest',
} as const;

/** Returns a task in a Docker image, until the end of the test file. */
export function dockerTask(
  name: string,
  options: DockerOptions = dockerOptions,
): { datasetDir: string; sandbox(layer: Layer): Promise<Sandbox> } {
  const task = buildInstallableTask(`cooperbench-test/${name}:task1`);
  const { datasetDir } = task;
  const opening = createDockerBackend(options);
  afterAll(async () => {
    await (await opening)[Symbol.asyncDispose]();
    rmSync(datasetDir, { recursive: true });
  });
  return { datasetDir, sandbox: async (layer) => (await opening).create(task.spec(layer)) };
}
