import { randomBytes } from 'node:crypto';
import {
  type Backend,
  type Cancellable,
  type CleanOptions,
  type CreateOptions,
  type Prepared,
  type PrepareOptions,
  type Sandbox,
  SandboxError,
  type SandboxSpec,
} from '@cooperbench/core';
import type Docker from 'dockerode';
import { abandonable } from './abandonable.ts';
import { connect, disconnect } from './connection/connect.ts';
import { findEndpoint } from './connection/endpoint.ts';
import { configFault, sandboxFault, statusOf } from './connection/faults.ts';
import { type Ground, layGround } from './ground.ts';
import type { LocalImage } from './images/images.ts';
import { sandboxLabels } from './labels.ts';
import { cleanDocker } from './leftovers.ts';
import type { DockerOptions } from './options.ts';
import { containerOptions, root } from './sandbox/container-settings.ts';
import type { Guest } from './sandbox/guest.ts';
import { PatchesFolder } from './sandbox/patches-folder.ts';
import { removeContainer } from './sandbox/remove.ts';
import { DockerSandbox } from './sandbox/sandbox.ts';

type ImageSource = Pick<SandboxSpec, 'image' | 'taskDir'>;

/** Sandboxes as Docker containers. */
export class DockerBackend implements Backend {
  readonly #options: DockerOptions;
  readonly #patches: PatchesFolder;
  readonly #stop = new AbortController();
  readonly #sandboxes = new Set<Sandbox>();
  readonly #working = new Set<Promise<unknown>>();
  #ground: Promise<Ground> | undefined;
  #gone: Promise<void> | undefined;

  constructor(options: DockerOptions = {}) {
    this.#options = options;
    this.#patches = new PatchesFolder(options.patchesDir ?? '/patches');
  }

  async preflight({ signal }: Cancellable = {}): Promise<readonly string[]> {
    try {
      return (await abandonable(this.#prepared(), signal)).notices;
    } catch (error) {
      signal?.throwIfAborted();
      throw configFault(findEndpoint(this.#options), error);
    }
  }

  create(spec: SandboxSpec, { signal, onProgress }: CreateOptions = {}): Promise<Sandbox> {
    return this.#work(`Could not make the sandbox ${spec.name}`, signal, async () => {
      const ground = await abandonable(this.#prepared(), signal);
      const image = ground.images.get(spec.image, spec.taskDir, { onProgress });
      return this.#open(ground, await abandonable(image, signal), spec, signal);
    });
  }

  prepare({ image, taskDir }: ImageSource, options: PrepareOptions = {}): Promise<Prepared> {
    const { signal } = options;
    return this.#work(`Could not prepare ${image}`, signal, async () => {
      const { images } = await abandonable(this.#prepared(), signal);
      const { reference, made } = await abandonable(images.get(image, taskDir, options), signal);
      return { from: 'image', reference, made };
    });
  }

  async clean(options: CleanOptions = {}): Promise<readonly string[]> {
    const endpoint = findEndpoint(this.#options);
    const docker = connect(endpoint);
    try {
      return await cleanDocker(docker, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw sandboxFault(endpoint, error, 'SANDBOX_REMOVE', 'Could not remove what is left');
    } finally {
      disconnect(docker);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#gone ??= this.#leave();
    return this.#gone;
  }

  /** What disposing waits for. Its failures are SandboxErrors. */
  async #work<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    this.#mustBeOpen();
    const endpoint = findEndpoint(this.#options);
    const working = work().catch((error: unknown) => {
      signal?.throwIfAborted();
      this.#mustBeOpen();
      throw sandboxFault(endpoint, error, 'SANDBOX_CREATE', what);
    });
    this.#working.add(working);
    return working.finally(() => this.#working.delete(working));
  }

  async #open(
    ground: Ground,
    image: LocalImage,
    spec: SandboxSpec,
    signal: AbortSignal | undefined,
  ): Promise<Sandbox> {
    this.#mustBeOpen();
    // A call that was cut off might still make a container, so it is waited for, and what it made removed.
    const user = this.#options.user ?? (image.user || root);
    const guest = await makeContainer(ground, image, user, spec).catch((error: unknown) => {
      if (statusOf(error) === 404) ground.images.forget(spec.image);
      throw error;
    });
    try {
      await guest.container.start();
      await this.#patches.ensure(guest, image.id);
      signal?.throwIfAborted();
      this.#mustBeOpen();
    } catch (error) {
      await removeContainer(guest);
      if (statusOf(error) === 404) await this.#renew(ground);
      throw error;
    }
    const sandbox = new DockerSandbox({
      guest,
      origin: { from: 'image', reference: image.reference },
      repoDir: this.#options.workdir ?? '/workspace/repo',
      patchesDir: this.#patches.path,
      onGone: () => this.#sandboxes.delete(sandbox),
    });
    this.#sandboxes.add(sandbox);
    return sandbox;
  }

  #prepared(): Promise<Ground> {
    this.#ground ??= layGround(this.#options, this.#stop.signal).catch((error: unknown) => {
      this.#ground = undefined;
      throw error;
    });
    return this.#ground;
  }

  /** Somebody pruned the network, which nothing used at that moment; the next sandbox gets another. */
  async #renew({ network }: Ground): Promise<void> {
    // It is in use, so that was not it.
    const gone = await network?.remove().then(
      () => true,
      () => false,
    );
    if (gone) this.#ground = undefined;
  }

  async #leave(): Promise<void> {
    this.#stop.abort(new SandboxError('SANDBOX_LOST', 'The Docker backend was disposed of.'));
    await Promise.allSettled(this.#working);
    const removals = await Promise.allSettled(
      [...this.#sandboxes].map((sandbox) => sandbox[Symbol.asyncDispose]()),
    );
    const ground = await this.#ground?.catch(() => undefined);
    await ground?.network?.remove();
    if (ground) disconnect(ground.docker);
    const failed = removals.find((removal) => removal.status === 'rejected');
    if (failed) throw failed.reason;
  }

  #mustBeOpen(): void {
    this.#stop.signal.throwIfAborted();
  }
}

/** A name that is taken, by another run or a leftover, is no reason to fail. */
async function makeContainer(
  { docker, endpoint, settings }: Ground,
  image: LocalImage,
  user: string,
  spec: SandboxSpec,
): Promise<Guest> {
  const make = (name: string): Promise<Docker.Container> =>
    docker.createContainer({ name, ...containerOptions(image.id, sandboxLabels(spec), settings) });
  const common = { endpoint, memoryMiB: settings.memoryMiB, user };
  try {
    return { ...common, container: await make(spec.name), name: spec.name };
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    const name = `${spec.name}-${randomBytes(4).toString('hex')}`;
    return { ...common, container: await make(name), name };
  }
}
