import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildLayerFault, type ImageStep, layerCommands, taskSources } from '@cooperbench/backend-kit';
import { type Layer, SandboxError } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Connection } from '../connection/connect.ts';
import { createSandboxFault } from '../connection/faults.ts';
import { contextLabel } from '../labels.ts';
import { type BuildDaemon, openBuildNetwork } from '../network/build-network.ts';
import { follow, WorkFailed } from './follow.ts';

/** The inputs of the build of a task's image. */
export interface Recipe {
  readonly taskDir: string;
  readonly entries: readonly string[];
  /** Build arguments: `BASE` if the Dockerfile has that argument. */
  readonly args: Readonly<Record<string, string>>;
  /** A hash of all inputs. The image has it as a label. */
  readonly hash: string;
}

/** Reads the inputs of a task's image. Returns undefined if the task has no Dockerfile. */
export async function findRecipe(taskDir: string, baseImage: string): Promise<Recipe | undefined> {
  const dockerfile = join(taskDir, 'Dockerfile');
  if (!existsSync(dockerfile)) return undefined;
  const args = /^\s*ARG\s+BASE\b/m.test(await readFile(dockerfile, 'utf8')) ? { BASE: baseImage } : {};
  const entries = await taskSources(taskDir);
  return { taskDir, entries, args, hash: await computeContextHash(taskDir, entries, args) };
}

/** Hashes the inputs of an image's build: the paths, modes and contents of files, and the build arguments. */
async function computeContextHash(
  taskDir: string,
  entries: readonly string[],
  args: Readonly<Record<string, string>>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(args));
  const add = async (path: string): Promise<void> => {
    const full = join(taskDir, path);
    const stats = await lstat(full);
    const head = `${path}\0${stats.mode & 0o170111}\0`;
    if (stats.isDirectory()) {
      hash.update(head);
      for (const name of (await readdir(full)).sort()) await add(join(path, name));
      return;
    }
    const content = stats.isSymbolicLink() ? await readlink(full) : await readFile(full);
    hash.update(`${head}${content.length}\0`).update(content);
  };
  for (const entry of entries) await add(entry);
  return hash.digest('hex');
}

/** Where images are built. */
export type Builder = Connection & BuildDaemon;

export interface BuildOptions {
  readonly platform: string | undefined;
  readonly onStep: (step: ImageStep) => void;
  readonly signal: AbortSignal;
}

/** Builds a task's image and names it. `noCache` repeats every step. @throws SandboxError `DOCKER_BUILD`, `DOCKER_DISK`. */
export function buildTask(
  builder: Builder,
  image: string,
  { taskDir, entries, args, hash }: Recipe,
  options: BuildOptions & { readonly noCache: boolean },
): Promise<void> {
  const fault = { code: 'DOCKER_BUILD', what: `${join(taskDir, 'Dockerfile')} could not be built` };
  const labels = { [contextLabel]: hash };
  const buildOptions = { nocache: options.noCache, buildargs: { ...args }, labels };
  return build(builder, image, { context: taskDir, src: [...entries] }, options, fault, buildOptions);
}

/** Adds software to the image `base` and names the result. @throws SandboxError `SANDBOX_LAYER`, `DOCKER_DISK`. */
export async function buildLayers(
  builder: Builder,
  image: string,
  base: string,
  layers: readonly Layer[],
  options: BuildOptions,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'cooperbench-layers-'));
  try {
    const lines = [`FROM ${base}`, 'USER 0', ...layerCommands(layers)];
    await writeFile(join(context, 'Dockerfile'), `${lines.join('\n')}\n`);
    await build(builder, image, { context, src: ['Dockerfile'] }, options, buildLayerFault(layers));
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function build(
  builder: Builder,
  image: string,
  context: Docker.ImageBuildContext,
  { platform, onStep, signal }: BuildOptions,
  { code, what }: { readonly code: string; readonly what: string },
  options: Docker.ImageBuildOptions = {},
): Promise<void> {
  const { docker, endpoint } = builder;
  try {
    await using network = await openBuildNetwork(builder, signal);
    const work = await docker.buildImage(context, {
      t: image,
      rm: true,
      forcerm: true,
      ...(platform === undefined ? {} : { platform }),
      abortSignal: signal,
      ...network.options,
      ...options,
    });
    await follow(work, onStep);
  } catch (error) {
    signal.throwIfAborted();
    if (SandboxError.is(error)) throw error;
    if (!(error instanceof WorkFailed)) throw createSandboxFault(endpoint, error, code, what);
    throw new SandboxError(code, `${what}: ${error.message}`, { cause: error });
  }
}
