import { createHash } from 'node:crypto';
import {
  buildLayerFault,
  dockerfileSteps,
  isSampleImage,
  layerCommands,
  layersHash,
  ObtainedImages,
  trackBuild,
} from '@cooperbench/backend-kit';
import {
  type CreateOptions,
  type ImageProgress,
  imageDefaults,
  type Layer,
  type PrepareOptions,
  pickDefined,
  SandboxError,
} from '@cooperbench/core';
import type { Image, Sandbox } from 'modal';
import { type Account, withBuildLog } from './account.ts';
import { faults } from './faults.ts';
import type { ModalOptions } from './options.ts';

/** How long Modal may take for a snapshot. */
const snapshotMs = 10 * 60_000;

interface BuiltImage {
  readonly image: Image;
  /** Modal had to build it. */
  readonly made: boolean;
}

/** Has Modal build images, which it keeps. */
export class Images {
  readonly #account: Account;
  readonly #options: ModalOptions;
  readonly #built = new ObtainedImages<BuiltImage>();

  constructor(account: Account, options: ModalOptions) {
    this.#account = account;
    this.#options = options;
  }

  /** @throws SandboxError `MODAL_IMAGE`, `SANDBOX_DOCKERFILE`. */
  get(image: string, taskDir: string, options: PrepareOptions = {}): Promise<BuiltImage> {
    return this.#built.obtain(JSON.stringify([image, taskDir]), options, async () => {
      const { from, commands } = await this.#buildRecipe(image, taskDir, options.build ?? false);
      const { patchesDir = imageDefaults.patchesDir } = this.#options;
      // Modal would run the image's entry point with the sandbox's command as its arguments.
      const last = [`RUN mkdir -p '${patchesDir}'`, 'ENTRYPOINT []'];
      const builtImage = from.dockerfileCommands([...commands, ...last], {
        forceBuild: options.force ?? false,
      });
      const progress = { image, phase: commands.length > 0 ? 'build' : 'pull' } as const;
      const fault = { code: 'MODAL_IMAGE', what: `Modal could not make ${image}` };
      return this.#build(builtImage, progress, options, fault);
    });
  }

  /** Returns the image with software added. @throws SandboxError `SANDBOX_LAYER`. */
  async withLayers(
    image: string,
    base: BuiltImage,
    layers: readonly Layer[],
    options: CreateOptions,
  ): Promise<BuiltImage> {
    if (layers.length === 0) return base;
    return this.#built.obtain(layersHash(base.image.imageId, layers), options, () => {
      const layeredImage = base.image.dockerfileCommands(layerCommands(layers));
      return this.#build(layeredImage, { image, phase: 'build' }, options, buildLayerFault(layers));
    });
  }

  /** Finds the image of a sandbox that was kept. Returns undefined if there is none. */
  async findKept(base: BuiltImage, key: string): Promise<Image | undefined> {
    const { images } = this.#account.client;
    return images
      .fromName(nameOfKept(base, key), pickDefined(this.#options, 'environment'))
      .catch((error: unknown) => {
        if (faults.isNotFound(error)) return undefined;
        throw error;
      });
  }

  /** Makes the files of a sandbox an image, which stays until somebody deletes it. */
  async keep(base: BuiltImage, key: string, sandbox: Sandbox): Promise<void> {
    const image = await sandbox.snapshotFilesystem({ timeoutMs: snapshotMs, ttlMs: null });
    await image.publish(nameOfKept(base, key), pickDefined(this.#options, 'environment'));
  }

  /** Returns what the image is made from, with the commands of its Dockerfile. */
  async #buildRecipe(
    image: string,
    taskDir: string,
    build: boolean,
  ): Promise<{ from: Image; commands: readonly string[] }> {
    const { images, secrets } = this.#account.client;
    const { baseImage = imageDefaults.baseImage, registrySecret } = this.#options;
    const fromDockerfile = build || this.#options.build || isSampleImage(image);
    const steps = fromDockerfile
      ? await dockerfileSteps(taskDir, baseImage, 'Modal', { plain: true })
      : undefined;
    if (build && !steps)
      throw new SandboxError('SANDBOX_DOCKERFILE', `There is no Dockerfile in ${taskDir}.`);
    const secret =
      registrySecret === undefined
        ? undefined
        : await secrets.fromName(registrySecret, {
            ...pickDefined(this.#options, 'environment'),
            requiredKeys: ['REGISTRY_USERNAME', 'REGISTRY_PASSWORD'],
          });
    return { from: images.fromRegistry(steps?.base ?? image, secret), commands: steps?.commands ?? [] };
  }

  async #build(
    image: Image,
    progress: Pick<ImageProgress, 'image' | 'phase'>,
    { onProgress }: CreateOptions,
    { code, what }: { readonly code: string; readonly what: string },
  ): Promise<BuiltImage> {
    const work = (onText: (text: string) => void): Promise<unknown> =>
      withBuildLog(onText, async () => image.build(await this.#account.app.get()));
    const createError = (error: unknown, summary: string): Error => faults.inRun(error, code, summary);
    return { image, made: await trackBuild(progress, onProgress, what, work, createError) };
  }
}

function nameOfKept({ image: { imageId } }: BuiltImage, key: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([imageId, key]))
    .digest('hex');
  return `cooperbench-layers:${hash.slice(0, 32)}`;
}
