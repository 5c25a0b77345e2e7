import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameworkOptions } from '@cooperbench/agent-kit/definition';
import { createDockerBackend } from '@cooperbench/backend-docker';
import type { Layer, Sandbox } from '@cooperbench/core';
import { buildInstallableTask } from '@cooperbench/testing/frameworks';
import { afterAll } from 'vitest';

/** The options of the agents: the real frameworks, whose packages their layers install from PyPI once for each image. */
export const installed: FrameworkOptions = { registry: process.env.PIP_INDEX_URL, retries: 2 };

/** Containers without network. */
export const dockerOptions = {
  network: 'none',
  build: true,
  baseImage: 'cooperbench-test/base:latest',
} as const;

/** Returns a task in a Docker image that has these files in `/task`, until the end of the test file. */
export function dockerTask(
  name: string,
  files: readonly string[] = [],
): { datasetDir: string; sandbox(layer: Layer): Promise<Sandbox> } {
  const task = buildInstallableTask(`cooperbench-test/${name}:task1`);
  const { datasetDir, taskDir } = task;
  for (const file of files) copyFileSync(file, join(taskDir, file.replace(/^.*\//, '')));
  const opening = createDockerBackend(dockerOptions);
  afterAll(async () => {
    await (await opening)[Symbol.asyncDispose]();
    rmSync(datasetDir, { recursive: true });
  });
  return { datasetDir, sandbox: async (layer) => (await opening).create(task.spec(layer)) };
}
