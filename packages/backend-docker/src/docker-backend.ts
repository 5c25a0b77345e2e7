import { randomBytes } from 'node:crypto';
import { findFullHost, type SandboxDriver, Sandboxes, type SandboxNeeds } from '@cooperbench/backend-kit';
import {
  type Backend,
  type Cancellable,
  type CleanOptions,
  type CreateOptions,
  imageDefaults,
  Once,
  type PreparedImage,
  type PrepareOptions,
  type Sandbox,
  type SandboxSpec,
  settledWithin,
  untilAborted,
} from '@cooperbench/core';
import type Docker from 'dockerode';
import { connect, disconnect } from './connection/connect.ts';
import { findEndpoint } from './connection/endpoint.ts';
import { createConfigFault, createSandboxFault, findStatus } from './connection/faults.ts';
import { type Daemon, openDaemon } from './daemon.ts';
import { type LocalImage, nameOfKept } from './images/images.ts';
import { buildSandboxLabels } from './labels.ts';
import { cleanDocker } from './leftovers.ts';
import type { DockerOptions } from './options.ts';
import { type Container, Loss, type NetworkContainer } from './sandbox/container.ts';
import { ContainerEvents } from './sandbox/container-events.ts';
import {
  buildContainerOptions,
  buildContainerSettings,
  type ContainerSettings,
  root,
} from './sandbox/container-settings.ts';
import { createContainerDriver, ensureDirectory, keepContainer } from './sandbox/driver.ts';
import { hostDisk } from './sandbox/host-disk.ts';
import { removeContainer, removeSandbox } from './sandbox/remove.ts';

/** How long the first sandboxes wait for the removal of what dead runs left behind. */
const sweepMs = 30_000;

/** Runs sandboxes as Docker containers. */
export class DockerBackend implements Backend {
  readonly #options: DockerOptions;
  readonly #sandboxes = new Sandboxes('Docker', (error, summary) =>
    createSandboxFault(findEndpoint(this.#options), error, 'SANDBOX_CREATE', summary),
  );
  readonly #daemon = new Once(() => this.#connect());
  #events: ContainerEvents | undefined;
  /** IDs of images that contain the directory for patches. */
  readonly #withPatchesDir = new Set<string>();
  /** The removal of what dead runs left behind. */
  #sweep: Promise<unknown> | undefined;
  readonly #closed = new AbortController();

  constructor(options: DockerOptions = {}) {
    this.#options = options;
  }

  async preflight({ signal, ...needs }: SandboxNeeds & Cancellable = {}): Promise<readonly string[]> {
    try {
      const { machine, notices } = await this.#open(signal);
      buildContainerSettings(this.#options, machine, needs);
      return notices;
    } catch (error) {
      signal?.throwIfAborted();
      throw createConfigFault(findEndpoint(this.#options), error);
    }
  }

  async resolveNetwork(network: 'open' | 'none'): Promise<'open' | 'none'> {
    return this.#options.network === 'none' ? 'none' : network;
  }

  create(spec: SandboxSpec, options: CreateOptions = {}): Promise<Sandbox> {
    return this.#sandboxes.create(spec.name, options.signal, (signal) =>
      this.#start(spec, { ...options, signal }),
    );
  }

  prepare(
    { image, taskDir, layers = [] }: Pick<SandboxSpec, 'image' | 'taskDir' | 'layers'>,
    options: PrepareOptions = {},
  ): Promise<PreparedImage> {
    return this.#sandboxes.run(`Could not prepare ${image}`, options.signal, async (signal) => {
      const { images } = await this.#open(signal);
      const task = await images.get(image, taskDir, { ...options, signal });
      const layeredImage = await images.withLayers(image, task, layers, { ...options, signal });
      return { from: 'image', reference: task.reference, made: task.made || layeredImage.made };
    });
  }

  hasImage(
    { image, taskDir, layers = [] }: Pick<SandboxSpec, 'image' | 'taskDir' | 'layers'>,
    { signal }: Cancellable = {},
  ): Promise<boolean> {
    return this.#sandboxes.run(`Could not look for ${image}`, signal, async (signal) =>
      (await this.#open(signal)).images.has(image, taskDir, layers),
    );
  }

  hasKept(
    { image, taskDir, kept }: Parameters<NonNullable<Backend['hasKept']>>[0],
    options: CreateOptions = {},
  ): Promise<boolean> {
    return this.#sandboxes.run(`Could not look for ${image}`, options.signal, async (signal) => {
      const { images } = await this.#open(signal);
      const task = await images.get(image, taskDir, { ...options, signal });
      return images.exists(this.#nameOfKept(task, kept));
    });
  }

  async clean(options: CleanOptions = {}): Promise<readonly string[]> {
    const endpoint = findEndpoint(this.#options);
    const docker = connect(endpoint);
    try {
      return await cleanDocker(docker, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw createSandboxFault(
        endpoint,
        error,
        'SANDBOX_REMOVE',
        'Could not remove what dead runs left behind',
      );
    } finally {
      disconnect(docker);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    try {
      await this.#sandboxes[Symbol.asyncDispose]();
    } finally {
      const daemon = await this.#daemon.peek();
      if (daemon) closeDaemon(daemon);
    }
  }

  async #start(spec: SandboxSpec, options: CreateOptions): Promise<SandboxDriver> {
    const { workdir: repoDir = imageDefaults.workdir, patchesDir = imageDefaults.patchesDir } = this.#options;
    const daemon = await this.#open(options.signal);
    const settings = buildContainerSettings(this.#options, daemon.machine, spec);
    // Containers of dead runs hold memory, and addresses that this one needs. If this fails, `cooperbench clean` says why.
    this.#sweep ??= cleanDocker(daemon.docker, { signal: this.#closed.signal }).catch(() => {});
    await untilAborted(settledWithin(sweepMs, this.#sweep), options.signal);
    const task = await daemon.images.get(spec.image, spec.taskDir, options);
    const image =
      spec.kept === undefined
        ? await daemon.images.withLayers(spec.image, task, spec.layers ?? [], options)
        : await daemon.images.findKept(task, this.#nameOfKept(task, spec.kept));
    const forgetMissing = (error: unknown): never => {
      if (findStatus(error) === 404) daemon.images.forget();
      throw error;
    };
    const isOpen = spec.network !== 'none' && this.#options.network !== 'none';
    // Not aborted, because an aborted call may still create a container. If the signal has aborted, the containers are removed.
    const network = isOpen ? await daemon.networks.start(image.id, spec).catch(forgetMissing) : undefined;
    const user = this.#options.user ?? (image.user || root);
    const container = await makeContainer(daemon, settings, image, user, spec, network).catch(
      async (error: unknown) => {
        if (network) await removeContainer(network);
        return forgetMissing(error);
      },
    );
    try {
      await container.api.start();
      daemon.events.add(container);
      if (!this.#withPatchesDir.has(image.id) && (await ensureDirectory(container, patchesDir)))
        this.#withPatchesDir.add(image.id);
      options.signal?.throwIfAborted();
    } catch (error) {
      daemon.events.delete(container);
      await removeSandbox(container);
      throw error;
    }
    const origin = { from: 'image', reference: image.reference } as const;
    const disk = await hostDisk(daemon, spec);
    return {
      ...createContainerDriver(container, daemon.events, { origin, repoDir, patchesDir }),
      keep: (key) => keepContainer(container, this.#nameOfKept(task, key)),
      ...(disk && { hostFault: () => findFullHost(disk) }),
    };
  }

  /** Files belong to the user of commands, so another user gets none of them. */
  #nameOfKept({ id, user }: LocalImage, key: string): string {
    return nameOfKept(id, JSON.stringify([key, this.#options.user ?? (user || root)]));
  }

  #open(signal: AbortSignal | undefined): Promise<Daemon> {
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    return this.#daemon.get(signal);
  }

  async #connect(): Promise<Daemon> {
    const endpoint = findEndpoint(this.#options);
    const docker = connect(endpoint);
    this.#events = new ContainerEvents(docker);
    return openDaemon({ docker, endpoint }, this.#events, this.#options);
  }

  /** A daemon that does not answer must not keep a run from ending. */
  readonly #onAbort = (): void => void this.#events?.loseSilent();
}

function closeDaemon({ docker, events }: Daemon): void {
  events[Symbol.dispose]();
  disconnect(docker);
}

/** Creates a container. If its name is taken, adds a random suffix. */
async function makeContainer(
  { docker, endpoint, isPodman }: Daemon,
  settings: ContainerSettings,
  image: LocalImage,
  user: string,
  spec: SandboxSpec,
  network: NetworkContainer | undefined,
): Promise<Container> {
  const mode = network ? `container:${network.api.id}` : 'none';
  const createOptions = buildContainerOptions(image, buildSandboxLabels(spec), settings, mode);
  const make = (name: string): Promise<Docker.Container> =>
    docker.createContainer({ name, ...createOptions });
  const common = {
    ...{ docker, endpoint, memoryMiB: settings.memoryMiB, network, loss: new Loss() },
    ...{ user, imageUser: image.user, isPodman },
  };
  try {
    return { ...common, api: await make(spec.name), name: spec.name };
  } catch (error) {
    if (findStatus(error) !== 409) throw error;
    const name = `${spec.name}-${randomBytes(4).toString('hex')}`;
    return { ...common, api: await make(name), name };
  }
}
