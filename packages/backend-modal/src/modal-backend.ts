import { setTimeout as delay } from 'node:timers/promises';
import {
  idleCommand,
  type Leftover,
  ProviderBackend,
  plainLabels,
  plainMark,
  providerLifetimeMs,
  readPlainLabels,
  type SandboxDriver,
  type SandboxNeeds,
  sandboxResources,
} from '@cooperbench/backend-kit';
import {
  type Backend,
  type Cancellable,
  type CreateOptions,
  imageDefaults,
  type PreparedImage,
  type PrepareOptions,
  pickDefined,
  SandboxError,
  type SandboxSpec,
} from '@cooperbench/core';
import type { Sandbox } from 'modal';
import { type Account, openAccount } from './account.ts';
import { CommandRouter } from './command-router.ts';
import { createModalDriver } from './driver.ts';
import { faults } from './faults.ts';
import { Images } from './images.ts';
import { buildResourceRules, type ModalOptions, processorsOfCore } from './options.ts';
import { callPatiently, patience, unavailable } from './patience.ts';

const lifetimeRules = { provider: 'Modal', startMs: 120_000, longestMs: 24 * 60 * 60_000 };

interface OpenedAccount extends Account {
  readonly images: Images;
}

/**
 * gRPC's codes of calls that had no effect: invalid argument, not found, permission denied, resource exhausted, failed
 * precondition, unauthenticated.
 */
const refusals: readonly unknown[] = [3, 5, 7, 8, 9, 16];

/** Sandboxes on Modal. */
export class ModalBackend extends ProviderBackend<OpenedAccount> {
  readonly #options: ModalOptions;
  /** How often a sandbox in which a command runs is looked at: the SDK asks a worker that is gone for ever. For tests. */
  checkLostEveryMs = 30_000;

  constructor(options: ModalOptions = {}) {
    super('Modal', faults);
    this.#options = options;
  }

  protected override checkNeeds(needs: SandboxNeeds): void {
    sandboxResources(needs, buildResourceRules(this.#options));
  }

  override async preflight(options: SandboxNeeds & Cancellable = {}): Promise<readonly string[]> {
    const notices = await super.preflight(options);
    const { warnings } = await this.account.get(options.signal);
    return [...notices, ...warnings.splice(0)];
  }

  prepare(
    { image, taskDir, layers = [] }: Pick<SandboxSpec, 'image' | 'taskDir' | 'layers'>,
    options: PrepareOptions = {},
  ): Promise<PreparedImage> {
    return this.sandboxes.run(`Could not prepare ${image}`, options.signal, async (signal) => {
      const { images } = await this.account.get(signal);
      return callPatiently({ onNotice: options.onNotice }, async () => {
        const task = await images.get(image, taskDir, { ...options, signal });
        const layeredImage = await images.withLayers(image, task, layers, { ...options, signal });
        return { from: 'image', reference: task.image.imageId, made: task.made || layeredImage.made };
      });
    });
  }

  hasKept(
    { image, taskDir, kept }: Parameters<NonNullable<Backend['hasKept']>>[0],
    options: CreateOptions = {},
  ): Promise<boolean> {
    return this.sandboxes.run(`Could not look for ${image}`, options.signal, async (signal) => {
      const { images } = await this.account.get(signal);
      const task = await images.get(image, taskDir, { ...options, signal });
      return (await images.findKept(task, kept)) !== undefined;
    });
  }

  async resolveNetwork(network: 'open' | 'none'): Promise<'open' | 'none'> {
    return this.#options.network === 'none' ? 'none' : network;
  }

  protected async connect(): Promise<OpenedAccount> {
    const account = await openAccount(this.#options);
    return { ...account, images: new Images(account, this.#options) };
  }

  protected close({ client }: OpenedAccount): void {
    client.close();
  }

  protected override async check({ client, findApp }: OpenedAccount): Promise<void> {
    const environment = client.environmentName();
    if (environment !== '') await client.environments.fromName(environment);
    await findApp();
  }

  protected async *listLeftovers({ client, findApp }: OpenedAccount): AsyncGenerator<Leftover> {
    const app = await findApp();
    if (app === undefined) return;
    for await (const sandbox of client.sandboxes.list({ appId: app.appId, tags: { ...plainMark } })) {
      const remove = (): Promise<unknown> => unlessGone(sandbox.terminate());
      const tags = await unlessGone(sandbox.getTags());
      if (tags) yield { name: sandbox.sandboxId, ...readPlainLabels(tags), remove };
    }
  }

  protected start(spec: SandboxSpec, options: CreateOptions, image: OpenedAccount): Promise<SandboxDriver> {
    // Images are made for several callers, so that one which goes does not end their calls.
    return callPatiently({ onNotice: options.onNotice }, () => this.#start(spec, options, image));
  }

  async #start(
    spec: SandboxSpec,
    options: CreateOptions,
    { client, app, images }: OpenedAccount,
  ): Promise<SandboxDriver> {
    const lifetimeMs = providerLifetimeMs(spec, lifetimeRules);
    const { cpus, memoryMiB } = sandboxResources(spec, buildResourceRules(this.#options));
    const task = await images.get(spec.image, spec.taskDir, options);
    const image =
      spec.kept === undefined
        ? (await images.withLayers(spec.image, task, spec.layers ?? [], options)).image
        : await images.findKept(task, spec.kept);
    if (image === undefined)
      throw new SandboxError('SANDBOX_KEPT', `Nothing is kept for ${spec.image} under ${spec.kept}.`, {
        retryable: true,
      });
    options.signal?.throwIfAborted();
    const { workdir: repoDir = imageDefaults.workdir, patchesDir = imageDefaults.patchesDir } = this.#options;
    const { network, region } = this.#options;
    const opened = await app.get();
    const make = (tags: Record<string, string>): Promise<Sandbox> =>
      client.sandboxes.create(opened, image, {
        cpu: cpus / processorsOfCore,
        memoryMiB,
        ...pickDefined(this.#options, 'cpuLimit', 'memoryLimitMiB', 'cloud'),
        ...(region !== undefined && { regions: [region] }),
        blockNetwork: network === 'none' || spec.network === 'none',
        command: [...idleCommand],
        timeoutMs: lifetimeMs,
        tags,
      });
    const untilMs = performance.now() + patience.mostMs;
    let sandbox: Sandbox | undefined;
    while (sandbox === undefined) {
      // With the time of this attempt: who looks for what it left must not find the sandbox of a later one.
      const tags = plainLabels(spec);
      try {
        sandbox = await callPatiently(options, () => make(tags));
      } catch (error) {
        const { code } = error as { code?: unknown };
        // A call that was cut off may have made a sandbox.
        if (!refusals.includes(code))
          await this.sandboxes.discard(async () => {
            const terminateAll = async (): Promise<number> => {
              const appSandboxes = await Array.fromAsync(
                client.sandboxes.list({ appId: opened.appId, tags }),
              );
              for (const item of appSandboxes) await unlessGone(item.terminate());
              return appSandboxes.length;
            };
            if ((await terminateAll()) > 0) return;
            // Modal may still be at work on it.
            await delay(patience.unansweredMs);
            await terminateAll();
          });
        options.signal?.throwIfAborted();
        if (code !== unavailable || performance.now() >= untilMs) throw error;
        await delay(patience.unansweredMs, undefined, { ...(options.signal && { signal: options.signal }) });
      }
    }
    const origin = { from: 'image', reference: task.image.imageId } as const;
    const driver = createModalDriver(sandbox, {
      origin,
      repoDir,
      patchesDir,
      lifetimeMs,
      router: new CommandRouter(sandbox.sandboxId, client),
      checkLostEveryMs: this.checkLostEveryMs,
      async status() {
        const { result } = await client.cpClient.sandboxWaitV2({ sandboxId: sandbox.sandboxId, timeout: 0 });
        return result?.status;
      },
    });
    return {
      ...driver,
      async keep(key) {
        await driver.restart?.();
        await images.keep(task, key, sandbox);
      },
    };
  }
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (faults.isNotFound(error)) return undefined;
    throw error;
  });
}
