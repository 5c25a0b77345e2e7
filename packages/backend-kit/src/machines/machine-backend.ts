import { randomUUID } from 'node:crypto';
import { type CreateOptions, pickDefined, SandboxError, type SandboxSpec } from '@cooperbench/core';
import {
  type Leftover,
  ProviderBackend,
  plainLabels,
  providerLifetimeMs,
  readPlainLabels,
  type SandboxDriver,
} from '../index.ts';
import { createDockerMachineDriver } from './docker-machine.ts';
import type { MachineProvider, Machines } from './machines.ts';
import { RentedMachine, removeMachine, timings } from './rented-machine.ts';
import { generateKeyPair } from './ssh.ts';

/** A machine counts from before it starts, and an image may take minutes to pull. */
const startMs = 1_200_000;

/** A backend whose sandboxes are containers, each on its own rented machine. */
export class MachineBackend<M extends Machines = Machines> extends ProviderBackend<M> {
  readonly #provider: MachineProvider<M>;
  /** Only this process has the private key. */
  readonly #keys = generateKeyPair();
  /** For tests. */
  timings: typeof timings = timings;

  constructor(provider: MachineProvider<M>) {
    super(provider.name, provider.faults);
    this.#provider = provider;
  }

  async resolveNetwork(network: 'open' | 'none'): Promise<'open' | 'none'> {
    return this.#provider.options.network === 'none' ? 'none' : network;
  }

  protected connect(): Promise<M> {
    return this.#provider.connect();
  }

  protected async close(machines: M): Promise<void> {
    await machines.close?.();
  }

  protected override async check(machines: M): Promise<void> {
    await machines.check?.();
  }

  protected async *listLeftovers(machines: M): AsyncGenerator<Leftover> {
    for await (const { labels, ...machine } of machines.list()) {
      const remove = (): Promise<void> => removeMachine(machine, machines, this.#provider.faults);
      yield { name: machine.name, ...readPlainLabels(labels), remove };
    }
  }

  protected async start(spec: SandboxSpec, creating: CreateOptions, machines: M): Promise<SandboxDriver> {
    const { name: provider, faults, zones, longestMs = Number.POSITIVE_INFINITY, options } = this.#provider;
    const lifetimeMs = providerLifetimeMs(spec, { provider, startMs, longestMs });
    const beforePull = machines.beforePull?.(spec.image);
    const needs = pickDefined(spec, 'cpus', 'memoryMiB');
    const context = { provider: this.#provider, machines, lifetimeMs, needs, timings: this.timings };
    let full: SandboxError | undefined;
    for (const zone of zones) {
      creating.signal?.throwIfAborted();
      const machine = new RentedMachine({ name: `cooperbench-${randomUUID()}`, zone }, context);
      try {
        await machine.rent(plainLabels(spec), this.#keys, creating.signal);
        return await createDockerMachineDriver(machine, spec, { ...options, provider, beforePull }, creating);
      } catch (error) {
        await this.sandboxes.discard(() => machine.terminate());
        const fault = faults.inRun(error, 'SANDBOX_CREATE', `Could not make the sandbox ${spec.name}`);
        if (!SandboxError.is(fault) || fault.code !== 'MACHINE_CAPACITY') throw fault;
        full = fault;
      }
    }
    throw new SandboxError(
      'MACHINE_CAPACITY',
      `${provider} has no room for a machine in ${zones.join(', ')} now: ${full?.message}`,
      { capacity: {}, hint: full?.hint ?? 'Try again later, or choose another zone.', cause: full },
    );
  }
}
