import { setTimeout as delay } from 'node:timers/promises';
import { getMessage, SandboxError } from '@cooperbench/core';
import { type ProviderFaults, type SandboxNeeds, type StartedProcess, toSandboxError } from '../index.ts';
import type { DockerMachine } from './docker-machine.ts';
import type { MachineName, MachineProvider, MachineState, Machines } from './machines.ts';
import { machineDefaults } from './options.ts';
import { type KeyPair, Ssh } from './ssh.ts';

/** How long things may take. Tests wait less. */
export const timings = {
  /** Until the provider has made a machine. */
  insertMs: 300_000,
  /** From then until it takes commands. */
  bootMs: 300_000,
  /** How often a machine that starts is asked whether it is ready. */
  pollMs: 3000,
  /** How often the provider is asked whether a machine still runs. */
  checkLostEveryMs: 30_000,
  /** How long a machine may not be reached, for example because this machine has no network. Then what runs on it is lost. */
  outageMs: 600_000,
};

/** The parts of a machine besides its name. */
export interface MachineContext {
  readonly provider: MachineProvider;
  readonly machines: Machines;
  readonly lifetimeMs: number;
  readonly needs: SandboxNeeds;
  readonly timings: typeof timings;
}

/** One machine, from its making to its end. */
export class RentedMachine implements DockerMachine {
  readonly id: string;
  readonly checkLostEveryMs: number;
  readonly #machine: MachineName;
  readonly #context: MachineContext;
  readonly #startedMs: number = performance.now();
  #ssh: Ssh | undefined;

  constructor(machine: MachineName, context: MachineContext) {
    this.id = machine.name;
    this.checkLostEveryMs = context.timings.checkLostEveryMs;
    this.#machine = machine;
    this.#context = context;
  }

  /**
   * Resolves when the machine takes commands. After an error, terminate it.
   * @throws SandboxError `MACHINE_BOOT`, `MACHINE_HOST_KEY`, and the errors of `insert`.
   */
  async rent(
    labels: Readonly<Record<string, string>>,
    keys: KeyPair,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { machines, provider, lifetimeMs, needs, timings } = this.#context;
    const { sshUser: user = machineDefaults.sshUser, sshPort: port = machineDefaults.sshPort } =
      provider.options;
    await machines.insert({
      ...{ ...this.#machine, ...needs, labels, lifetimeMs, withinMs: timings.insertMs },
      ...{ sshUser: user, publicKey: keys.public },
    });
    const untilMs = performance.now() + timings.bootMs;
    const hostKey = await this.#pollUntilReady(untilMs, signal, 'has not started', () =>
      machines.hostKey(this.#machine),
    );
    const state = await unlessMissing(machines.state(this.#machine), provider.faults);
    if (!state?.running) throw await this.#createLossError(state);
    const host = state.address;
    const { jumpHost } = provider.options;
    const proxy =
      jumpHost === undefined ? machines.proxy?.(this.#machine) : createProxyCommand(jumpHost, host, port);
    const ssh = new Ssh({
      ...{ host, port, user, privateKey: keys.private, hostKey, proxy },
      outageMs: timings.outageMs,
    });
    this.#ssh = ssh;
    const refusal = `does not accept SSH as ${user} at ${host}, port ${port}`;
    await this.#pollUntilReady(untilMs, signal, refusal, async () => {
      const { exitCode, stdin } = await ssh.start('docker version');
      // It may have ended before.
      stdin.close().catch(() => {});
      const code = await exitCode;
      if (code !== 0) throw new Error(`docker version exited ${code}`);
      return true;
    });
  }

  start(line: string): Promise<StartedProcess> {
    if (this.#ssh === undefined) throw new Error(`${this.id} has not been rented.`);
    // A machine that is gone is not waited for. A provider that does not answer either is no reason to give up.
    return this.#ssh.start(line, async () => {
      const loss = await this.checkLost().catch(() => undefined);
      if (loss) throw loss;
    });
  }

  async interruption(sinceMs: number): Promise<SandboxError | undefined> {
    return this.#ssh?.reachability.interruption(sinceMs);
  }

  async explainError(
    error: unknown,
    code: string,
    summary: string,
  ): ReturnType<DockerMachine['explainError']> {
    const message = `${summary}: ${getMessage(error)}`;
    try {
      return (await this.checkLost()) ?? toSandboxError(error, { code, message, retryable: true });
    } catch (probeError) {
      // A provider that cannot be asked explains a machine that does not answer. No code in the sandbox reaches it.
      const fault = this.#context.provider.faults.inRun(probeError, code, message);
      const fromOutside = SandboxError.is(fault) && fault.fromOutside;
      return toSandboxError(error, { code, message, retryable: true, fromOutside });
    }
  }

  async checkLost(): Promise<SandboxError | undefined> {
    const { machines, provider } = this.#context;
    const state = await unlessMissing(machines.state(this.#machine), provider.faults);
    return state?.running ? undefined : this.#createLossError(state);
  }

  /** Returns why a machine in this state does not run. */
  async #createLossError(state: MachineState | undefined): Promise<SandboxError> {
    const { machines, lifetimeMs } = this.#context;
    const overdue = performance.now() - this.#startedMs >= lifetimeMs;
    const reason =
      (await machines.whyEnded?.(this.#machine)) ??
      (overdue ? `reached the end of its lifetime of ${toMinutes(lifetimeMs)} minutes` : undefined) ??
      (state ? 'was stopped from outside' : 'was deleted from outside');
    // Code in the sandbox has no rights on the machine, so it can neither stop nor delete it.
    return new SandboxError('SANDBOX_LOST', `The machine ${this.id} ${reason}.`, { fromOutside: true });
  }

  async terminate(): Promise<void> {
    this.#ssh?.close();
    await removeMachine(this.#machine, this.#context.machines, this.#context.provider.faults);
  }

  /** Returns the first result that is there. */
  async #pollUntilReady<T>(
    untilMs: number,
    signal: AbortSignal | undefined,
    summary: string,
    pollOnce: () => Promise<T | undefined>,
  ): Promise<T> {
    const { machines, provider, timings } = this.#context;
    for (;;) {
      signal?.throwIfAborted();
      let reason = 'it said nothing';
      try {
        const result = await pollOnce();
        if (result !== undefined) return result;
      } catch (error) {
        if (SandboxError.is(error)) throw error;
        reason = provider.faults.isNotFound(error) ? reason : getMessage(error);
      }
      if (performance.now() >= untilMs) {
        const loss = await this.checkLost().catch(() => undefined);
        const hint = machines.bootHint?.(this.#machine);
        throw (
          loss ??
          new SandboxError(
            'MACHINE_BOOT',
            `The machine ${this.id} ${summary} after ${toMinutes(timings.bootMs)} minutes: ${reason}.`,
            { retryable: true, hint },
          )
        );
      }
      await delay(timings.pollMs, undefined, { ...(signal && { signal }) }).catch(() => {});
    }
  }
}

/** How often a deletion is tried, because a machine that stays costs money. */
const deletions = 4;

/** Harmless when the machine is gone. @throws SandboxError `SANDBOX_REMOVE`, and what `faults` explain. */
export async function removeMachine(
  machine: MachineName,
  machines: Machines,
  faults: ProviderFaults,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await unlessMissing(machines.delete(machine), faults);
      return;
    } catch (error) {
      const fault = faults.inRun(error, 'SANDBOX_REMOVE', `The machine ${machine.name} could not be deleted`);
      if (attempt === deletions || !(SandboxError.is(fault) && fault.retryable)) throw fault;
      await delay(1000 * attempt);
    }
  }
}

async function unlessMissing<T>(call: Promise<T>, faults: ProviderFaults): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (faults.isNotFound(error)) return undefined;
    throw error;
  }
}

function createProxyCommand(jumpHost: string, host: string, port: number): readonly string[] {
  return ['ssh', '-o', 'BatchMode=yes', '-W', `${host}:${port}`, '--', jumpHost];
}

function toMinutes(ms: number): number {
  return Math.ceil(ms / 60_000);
}
