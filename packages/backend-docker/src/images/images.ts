import { createHash } from 'node:crypto';
import { isSampleImage, layersHash, ObtainedImages, trackImage } from '@cooperbench/backend-kit';
import {
  type CreateOptions,
  imageDefaults,
  type Layer,
  OncePerKey,
  type OnImageProgress,
  type PrepareOptions,
  SandboxError,
} from '@cooperbench/core';
import { createSandboxFault, findStatus } from '../connection/faults.ts';
import { contextLabel } from '../labels.ts';
import type { DockerOptions } from '../options.ts';
import { type Builder, buildLayers, buildTask, findRecipe, type Recipe } from './build.ts';
import { pullImage } from './pull.ts';

/** An image that the daemon has. */
export interface LocalImage {
  readonly id: string;
  /** The digest in its registry, or the ID of an image that no registry has. */
  readonly reference: string;
  /** The user for commands. The empty string stands for root. */
  readonly user: string;
}

/** An image with whether this call pulled or built it (`made`). */
export interface ObtainedImage extends LocalImage {
  readonly made: boolean;
}

type Choice = Pick<DockerOptions, 'pull' | 'platform' | 'build' | 'baseImage'>;

/** The images of a daemon. */
export class Images {
  readonly #builder: Builder;
  readonly #choice: Choice;
  readonly #obtained = new ObtainedImages<ObtainedImage>();
  /** Running pulls of base images. Several tasks may need the same one. */
  readonly #bases = new OncePerKey<void>();

  constructor(builder: Builder, choice: Choice) {
    this.#builder = builder;
    this.#choice = choice;
  }

  /**
   * Pulls or builds an image if it is missing.
   * @throws SandboxError `DOCKER_IMAGE`, `DOCKER_BUILD`, `DOCKER_DISK`, `DOCKER_UNREACHABLE`.
   */
  get(image: string, taskDir: string, options: PrepareOptions = {}): Promise<ObtainedImage> {
    return this.#obtained.obtain(image, options, (signal) =>
      this.#obtain(image, taskDir, { ...options, signal }),
    );
  }

  /**
   * Adds software to an image. The result is a separate image that later runs use again.
   * @throws SandboxError `SANDBOX_LAYER`.
   */
  async withLayers(
    image: string,
    base: ObtainedImage,
    layers: readonly Layer[],
    { signal, onProgress }: CreateOptions,
  ): Promise<ObtainedImage> {
    if (layers.length === 0) return base;
    const name = nameWithLayers(base.id, layers);
    const build = async (signal: AbortSignal): Promise<ObtainedImage> => {
      const inspected = await this.#inspect(name);
      if (inspected !== undefined) return { ...inspected.image, made: false };
      const { platform } = this.#choice;
      await trackImage({ image, phase: 'build' }, onProgress, (onStep) =>
        buildLayers(this.#builder, name, base.id, layers, { platform, onStep, signal }),
      );
      return this.#inspectNew(name);
    };
    const { id, made } = await this.#obtained.obtain(name, { signal }, build);
    return { ...base, id, made };
  }

  /** Finds the image of a container that was kept. @throws SandboxError `SANDBOX_KEPT`. */
  async findKept(base: ObtainedImage, name: string): Promise<ObtainedImage> {
    const find = async (): Promise<ObtainedImage> => {
      const inspected = await this.#inspect(name);
      if (inspected) return { ...inspected.image, made: false };
      throw new SandboxError('SANDBOX_KEPT', `The image ${name} was removed.`, { retryable: true });
    };
    const { id } = await this.#obtained.obtain(name, {}, find);
    return { ...base, id };
  }

  /** Returns whether the daemon has an image. */
  async exists(image: string): Promise<boolean> {
    return (await this.#inspect(image)) !== undefined;
  }

  /** Returns whether `get` and `withLayers` would neither pull nor build anything. */
  async has(image: string, taskDir: string, layers: readonly Layer[]): Promise<boolean> {
    const { pull, build = false, baseImage = imageDefaults.baseImage } = this.#choice;
    const inspected = await this.#inspect(image);
    if (inspected === undefined) return false;
    const recipe = build || isSampleImage(image) ? await findRecipe(taskDir, baseImage) : undefined;
    if (recipe === undefined ? pull === 'always' : !isUpToDate(inspected, recipe)) return false;
    return (
      layers.length === 0 || (await this.#inspect(nameWithLayers(inspected.image.id, layers))) !== undefined
    );
  }

  /** Forgets which images exist, because one of them was removed. */
  forget(): void {
    this.#obtained.clear();
  }

  async #obtain(
    image: string,
    taskDir: string,
    options: PrepareOptions & { readonly signal: AbortSignal },
  ): Promise<ObtainedImage> {
    const { pull = 'missing', platform, build = false, baseImage = imageDefaults.baseImage } = this.#choice;
    const { force = false, onProgress, signal } = options;
    const inspected = await this.#inspect(image);
    if (options.build || build || isSampleImage(image)) {
      const recipe = await findRecipe(taskDir, baseImage);
      if (recipe !== undefined) {
        if (!force && inspected !== undefined && isUpToDate(inspected, recipe))
          return { ...inspected.image, made: false };
        await trackImage({ image, phase: 'build' }, onProgress, async (onStep) => {
          await this.#base(recipe, onProgress, signal);
          await buildTask(this.#builder, image, recipe, { platform, onStep, signal, noCache: force });
        });
        return this.#inspectNew(image);
      }
      if (options.build) throw new SandboxError('DOCKER_BUILD', `There is no Dockerfile in ${taskDir}.`);
    }
    if (!force && inspected !== undefined && pull !== 'always') return { ...inspected.image, made: false };
    if (pull === 'never')
      throw new SandboxError('DOCKER_IMAGE', `The image ${image} is not here, and pulling is turned off.`, {
        hint: `Run docker pull ${image}, or allow pulling with the option "pull".`,
      });
    await pullImage(this.#builder, image, platform, onProgress, signal);
    return this.#inspectNew(image);
  }

  async #base(
    { args: { BASE: base }, taskDir }: Recipe,
    onProgress: OnImageProgress | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { pull, platform } = this.#choice;
    if (base === undefined || pull === 'never' || (await this.#inspect(base)) !== undefined) return;
    const work = (signal: AbortSignal): Promise<void> =>
      pullImage(this.#builder, base, platform, onProgress, signal);
    try {
      await this.#bases.get(base, work, signal);
    } catch (error) {
      const missing = SandboxError.is(error) && error.code === 'DOCKER_IMAGE';
      throw missing ? createUnusableBaseError(base, taskDir, error) : error;
    } finally {
      this.#bases.delete(base);
    }
  }

  async #inspectNew(image: string): Promise<ObtainedImage> {
    const inspected = await this.#inspect(image);
    if (inspected !== undefined) return { ...inspected.image, made: true };
    throw new SandboxError(
      'DOCKER_IMAGE',
      `The image ${image} was removed right after it was pulled or built.`,
      {
        retryable: true,
      },
    );
  }

  async #inspect(image: string): Promise<InspectedImage | undefined> {
    const { docker, endpoint } = this.#builder;
    try {
      const inspectInfo = await docker.getImage(image).inspect();
      const reference =
        inspectInfo.RepoDigests?.find((digest) => sameRepository(digest, image)) ?? inspectInfo.Id;
      const local = { id: inspectInfo.Id, reference, user: inspectInfo.Config?.User ?? '' };
      return { image: local, builtFrom: inspectInfo.Config?.Labels?.[contextLabel] };
    } catch (error) {
      if (findStatus(error) === 404) return undefined;
      throw createSandboxFault(endpoint, error, 'DOCKER_IMAGE', `Could not look for the image ${image}`);
    }
  }
}

function nameWithLayers(base: string, layers: readonly Layer[]): string {
  return `cooperbench-layers:${layersHash(base, layers).slice(0, 32)}`;
}

/** Returns the name under which a container of an image is kept. */
export function nameOfKept(base: string, key: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['kept', base, key]))
    .digest('hex');
  return `cooperbench-layers:${hash.slice(0, 32)}`;
}

interface InspectedImage {
  readonly image: LocalImage;
  readonly builtFrom: string | undefined;
}

/** Returns whether an image was built from these inputs. An image that somebody else built also counts, and is left alone. */
function isUpToDate({ builtFrom }: InspectedImage, { hash }: Recipe): boolean {
  return builtFrom === undefined || builtFrom === hash;
}

function createUnusableBaseError(base: string, taskDir: string, error: SandboxError): SandboxError {
  return new SandboxError(
    'DOCKER_IMAGE',
    `${taskDir}/Dockerfile cannot be built without its base image; the option "baseImage" names another. ${error.message}`,
    {
      hint: `Name one like ${base}, with git and what the task runs on: --backend-option docker.baseImage=IMAGE.`,
      retryable: error.retryable,
      cause: error,
    },
  );
}

function sameRepository(digest: string, image: string): boolean {
  const repository = digest.slice(0, digest.indexOf('@'));
  return image === repository || image.startsWith(`${repository}:`) || image.startsWith(`${repository}@`);
}
