import type {
  Backend,
  Cancellable,
  CleanOptions,
  CreateOptions,
  Sandbox,
  SandboxSpec,
} from '@cooperbench/core';
import { Once } from '@cooperbench/core';
import type { SandboxDriver } from '../sandbox/driver.ts';
import type { SandboxNeeds } from '../sandbox/resources.ts';
import { Sandboxes } from '../sandbox/sandboxes.ts';
import { type Leftover, nameLeftovers, removeLeftovers } from './leftovers.ts';
import type { ProviderFaults } from './provider-faults.ts';

/** A backend for a provider's API. A subclass only defines how the provider connects, starts, lists and removes sandboxes. */
export abstract class ProviderBackend<Account> implements Backend {
  protected readonly sandboxes: Sandboxes;
  protected readonly account: Once<Account>;
  readonly #faults: ProviderFaults;

  /** `name` is the provider's name in messages. */
  constructor(name: string, faults: ProviderFaults) {
    this.#faults = faults;
    this.sandboxes = new Sandboxes(name, (error, summary) => faults.inRun(error, 'SANDBOX_CREATE', summary));
    this.account = new Once(() => this.connect());
  }

  /** Connects to the provider, once for all sandboxes. Creates nothing there. After a failure, the next call tries again. */
  protected abstract connect(): Promise<Account>;

  /** Closes the connection after the last sandbox has ended. */
  protected abstract close(account: Account): void | Promise<void>;

  /** Starts a sandbox. May ignore the signal: the backend terminates a sandbox that is ready after an abort. */
  protected abstract start(
    spec: SandboxSpec,
    options: CreateOptions,
    account: Account,
  ): Promise<SandboxDriver>;

  /** Lists every resource of the account that carries CooperBench's label. */
  protected abstract listLeftovers(account: Account): AsyncIterable<Leftover>;

  /** Makes a call that changes nothing, and that the provider refuses when the account cannot run sandboxes. */
  protected async check(_account: Account): Promise<void> {}

  /** @throws the errors of `sandboxResources` for what no sandbox can have. */
  protected checkNeeds(_needs: SandboxNeeds): void {}

  async preflight({ signal, ...needs }: SandboxNeeds & Cancellable = {}): Promise<readonly string[]> {
    this.checkNeeds(needs);
    try {
      await this.check(await this.account.get(signal));
      return [];
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#faults.beforeRun(error);
    }
  }

  create(spec: SandboxSpec, options: CreateOptions = {}): Promise<Sandbox> {
    return this.sandboxes.create(spec.name, options.signal, async (signal) =>
      this.start(spec, { ...options, signal }, await this.account.get(signal)),
    );
  }

  async clean(options: CleanOptions = {}): Promise<readonly string[]> {
    try {
      return await removeLeftovers(this.listLeftovers(await this.account.get(options.signal)), options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw this.#faults.inRun(error, 'SANDBOX_REMOVE', 'Could not remove what dead runs left behind');
    }
  }

  async leftovers(options: Cancellable = {}): Promise<readonly string[]> {
    return nameLeftovers(this.listLeftovers(await this.account.get(options.signal)), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.sandboxes[Symbol.asyncDispose]();
    } finally {
      const account = await this.account.peek();
      if (account !== undefined) await this.close(account);
    }
  }
}
