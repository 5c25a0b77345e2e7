import { type OnImageProgress, type PrepareOptions, SandboxError } from '@cooperbench/core';
import { sandboxFault, statusOf } from '../connection/faults.ts';
import { contextLabel } from '../labels.ts';
import type { DockerOptions } from '../options.ts';
import { buildFrom, type Recipe, recipeOf } from './build.ts';
import { pullImage } from './pull.ts';
import { told } from './told.ts';
import type { Workbench } from './workbench.ts';

/** An image that is there. */
export interface LocalImage {
  readonly id: string;
  /** The digest its registry knows it by; of one that came from none, its id. */
  readonly reference: string;
  /** Who its commands are run as. Empty: root. */
  readonly user: string;
}

/** `made`: by the call that asked for it, rather than there already. */
export interface ObtainedImage extends LocalImage {
  readonly made: boolean;
}

export const defaultBaseImage = 'node:24-bookworm';

/** These are in no registry. To pull one would be to run whatever somebody put there under its name. */
const samplePrefix = 'cooperbench-sample/';

type Choice = Pick<DockerOptions, 'pull' | 'platform' | 'build' | 'baseImage'>;

/** Gets each image once, however many sandboxes wait for it. One that could not be had is tried again by the next. */
export class Images {
  readonly #bench: Workbench;
  readonly #choice: Choice;
  readonly #had = new Map<string, Promise<ObtainedImage>>();
  /** Pulls of base images, for all the tasks that are built on one. */
  readonly #bases = new Map<string, Promise<void>>();

  constructor(bench: Workbench, choice: Choice) {
    this.#bench = bench;
    this.#choice = choice;
  }

  /** @throws SandboxError `DOCKER_IMAGE`, `DOCKER_BUILD`, `DOCKER_DISK`, `DOCKER_UNREACHABLE`. */
  get(image: string, taskDir: string, options: PrepareOptions = {}): Promise<ObtainedImage> {
    const had = options.force ? undefined : this.#had.get(image);
    if (had) return had.then((had) => ({ ...had, made: false }));
    const obtained = this.#obtain(image, taskDir, options);
    this.#had.set(image, obtained);
    obtained.catch(() => this.#had.delete(image));
    return obtained;
  }

  /** It turned out not to be there any more. */
  forget(image: string): void {
    this.#had.delete(image);
  }

  async #obtain(image: string, taskDir: string, options: PrepareOptions): Promise<ObtainedImage> {
    const { pull = 'missing', platform, build = false, baseImage = defaultBaseImage } = this.#choice;
    const { force = false, onProgress } = options;
    const here = await this.#inspect(image);
    if (options.build || build || image.startsWith(samplePrefix)) {
      const recipe = await recipeOf(taskDir, baseImage);
      if (recipe !== undefined) {
        if (!force && here !== undefined && isUpToDate(here, recipe)) return { ...here.image, made: false };
        return this.#build(image, recipe, { force, onProgress });
      }
      if (options.build) throw new SandboxError('DOCKER_BUILD', `There is no Dockerfile in ${taskDir}.`);
    }
    if (!force && here !== undefined && pull !== 'always') return { ...here.image, made: false };
    if (pull === 'never')
      throw new SandboxError('DOCKER_IMAGE', `The image ${image} is not here, and pulling is turned off.`, {
        hint: `docker pull ${image}, or allow it with the option "pull".`,
      });
    await pullImage(this.#bench, image, platform, onProgress);
    return this.#there(image);
  }

  async #build(
    image: string,
    recipe: Recipe,
    { force, onProgress }: { readonly force: boolean; readonly onProgress: OnImageProgress | undefined },
  ): Promise<ObtainedImage> {
    const settings = { platform: this.#choice.platform, anew: force };
    await told({ image, phase: 'build' }, onProgress, async (onStep) => {
      await this.#base(recipe, onProgress);
      await buildFrom(this.#bench, image, recipe, settings, onStep);
    });
    return this.#there(image);
  }

  async #base({ args: { BASE: base }, taskDir }: Recipe, onProgress: OnImageProgress | undefined) {
    if (base === undefined || this.#choice.pull === 'never' || (await this.#inspect(base)) !== undefined)
      return;
    const pulling = this.#bases.get(base) ?? pullImage(this.#bench, base, this.#choice.platform, onProgress);
    this.#bases.set(base, pulling);
    try {
      await pulling;
    } catch (error) {
      throw SandboxError.is(error) && error.code === 'DOCKER_IMAGE'
        ? unusableBase(base, taskDir, error)
        : error;
    } finally {
      this.#bases.delete(base);
    }
  }

  async #there(image: string): Promise<ObtainedImage> {
    const here = await this.#inspect(image);
    if (here !== undefined) return { ...here.image, made: true };
    throw new SandboxError('DOCKER_IMAGE', `The image ${image} was removed as soon as it was there.`, {
      retryable: true,
    });
  }

  async #inspect(image: string): Promise<Inspected | undefined> {
    try {
      const found = await this.#bench.docker.getImage(image).inspect();
      const reference = found.RepoDigests?.find((digest) => sameRepository(digest, image)) ?? found.Id;
      const local = { id: found.Id, reference, user: found.Config?.User ?? '' };
      return { image: local, builtFrom: found.Config?.Labels?.[contextLabel] };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw sandboxFault(
        this.#bench.endpoint,
        error,
        'DOCKER_IMAGE',
        `Could not look for the image ${image}`,
      );
    }
  }
}

interface Inspected {
  readonly image: LocalImage;
  readonly builtFrom: string | undefined;
}

/** Built from the same files. An image somebody else made is theirs, and is left alone. */
function isUpToDate({ builtFrom }: Inspected, { hash }: Recipe): boolean {
  return builtFrom === undefined || builtFrom === hash;
}

function unusableBase(base: string, taskDir: string, error: SandboxError): SandboxError {
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
