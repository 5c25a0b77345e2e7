import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';
import { taskSources } from '@cooperbench/core/backend';
import { sandboxFault } from '../connection/faults.ts';
import { contextLabel } from '../labels.ts';
import { contextHash } from './context.ts';
import { follow, WorkFailed } from './follow.ts';
import type { Step } from './told.ts';
import type { Workbench } from './workbench.ts';

/** What a task's image is built from. */
export interface Recipe {
  readonly taskDir: string;
  readonly entries: readonly string[];
  /** `BASE`, when the Dockerfile takes it. */
  readonly args: Readonly<Record<string, string>>;
  /** Of all the above; the image carries it as a label. */
  readonly hash: string;
}

/** Undefined when the task has no Dockerfile. */
export async function recipeOf(taskDir: string, baseImage: string): Promise<Recipe | undefined> {
  const dockerfile = join(taskDir, 'Dockerfile');
  if (!existsSync(dockerfile)) return undefined;
  const args = /^\s*ARG\s+BASE\b/m.test(await readFile(dockerfile, 'utf8')) ? { BASE: baseImage } : {};
  const entries = await taskSources(taskDir);
  return { taskDir, entries, args, hash: await contextHash(taskDir, entries, args) };
}

export interface BuildSettings {
  readonly platform: string | undefined;
  /** Runs every step, also those that were run before. */
  readonly anew: boolean;
}

/** Builds a task's image and names it. @throws SandboxError `DOCKER_BUILD`, `DOCKER_DISK`. */
export async function buildFrom(
  { docker, endpoint, signal }: Workbench,
  image: string,
  recipe: Recipe,
  { platform, anew }: BuildSettings,
  onStep: (step: Step) => void,
): Promise<void> {
  const dockerfile = join(recipe.taskDir, 'Dockerfile');
  try {
    const work = await docker.buildImage(
      { context: recipe.taskDir, src: [...recipe.entries] },
      {
        t: image,
        rm: true,
        nocache: anew,
        forcerm: true,
        buildargs: { ...recipe.args },
        labels: { [contextLabel]: recipe.hash },
        ...(platform === undefined ? {} : { platform }),
        abortSignal: signal,
      },
    );
    await follow(work, onStep);
  } catch (error) {
    signal.throwIfAborted();
    const what = `${dockerfile} could not be built`;
    if (!(error instanceof WorkFailed)) throw sandboxFault(endpoint, error, 'DOCKER_BUILD', what);
    throw new SandboxError('DOCKER_BUILD', `${what}: ${error.message}`, { cause: error });
  }
}
