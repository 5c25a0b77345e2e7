import { setTimeout as delay } from 'node:timers/promises';
import { CooperBenchError, SandboxError } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Endpoint } from '../connection/endpoint.ts';
import { isSilence, saidBy, sandboxFault, statusOf } from '../connection/faults.ts';

/** A running container. */
export interface Container {
  readonly docker: Docker;
  readonly api: Docker.Container;
  /** Its name in Docker. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly memoryMiB: number;
  /** The user that runs commands in it. */
  readonly user: string;
  /** The container whose network it shares. Undefined: it has only loopback. */
  readonly network: NetworkContainer | undefined;
  readonly loss: Loss;
}

/** A container that holds a sandbox's network. No agent enters it, so nobody can change its filter. */
export type NetworkContainer = Pick<Container, 'api' | 'name'>;

/** Whether a container is lost. A loss is permanent, because the seat's processes have ended or stopped. */
export class Loss {
  readonly #controller = new AbortController();
  /** Whether Docker does not answer calls about the container. */
  silent = false;
  /** Whether this process is restarting the container. */
  restarting = false;
  /** How often this process has ended the container without a report from Docker yet. */
  ownEnds = 0;

  /** Aborts with a SandboxError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  add(error: SandboxError): void {
    if (!this.signal.aborted) this.#controller.abort(error);
  }
}

/** Says why no process can be started in a container: it is lost, or its own processes ended it. Undefined: it runs. */
export async function lossOf(container: Container): Promise<SandboxError | undefined> {
  const { loss } = container;
  if (loss.signal.aborted) return loss.signal.reason as SandboxError;
  if (loss.restarting) return undefined;
  try {
    const end = await endOfContainer(container);
    if (end?.code === 'SANDBOX_LOST') loss.add(end);
    return end;
  } catch (error) {
    if (isSilence(error)) return loseSilent(container, error);
    const why = statusOf(error) === undefined ? 'the Docker daemon went away' : saidBy(error);
    return lost(container, why, error);
  }
}

/** Marks a container as lost because Docker does not answer calls about it. Returns the error. */
export function loseSilent(container: Container, cause?: unknown): SandboxError {
  const error = lost(container, 'Docker does not answer calls about its container', cause);
  container.loss.silent = true;
  container.loss.add(error);
  return error;
}

export function lost({ name }: Container, why: string, cause?: unknown): SandboxError {
  return new SandboxError('SANDBOX_LOST', `The sandbox ${name} is lost: ${why}.`, { cause });
}

/**
 * Says how a container ended. Undefined: it runs. Inspects only containers that do not run: while a process is being started,
 * Docker 20.10 does not answer an inspection of its container, and after that no call about the container, not even its
 * removal. Hostile code may stop a process forever before it begins. @throws errors of the API.
 */
async function endOfContainer(container: Container): Promise<SandboxError | undefined> {
  const { docker, api, memoryMiB, name } = container;
  const [listed] = await docker.listContainers({ all: true, filters: { id: [api.id] } });
  const removed = 'its container was removed from outside';
  if (listed === undefined) return lost(container, removed);
  if (listed.State === 'running') return undefined;
  if (listed.State === 'paused') return lost(container, 'its container was paused from outside');
  try {
    const { State: state } = await api.inspect();
    const code = `exit code ${state.ExitCode}`;
    if (state.OOMKilled)
      return lost(container, `its container was killed for memory (limit: ${memoryMiB} MiB)`);
    if (endedWithin(state.ExitCode))
      return new SandboxError(
        'SANDBOX_EXEC',
        `Processes in the sandbox ${name} ended its container (${code}).`,
      );
    return lost(container, `its container was ended from outside (${code})`);
  } catch (error) {
    if (statusOf(error) === 404) return lost(container, removed);
    throw error;
  }
}

/** Whether a container's first process ended by itself. A signal from outside gives 128 or more, and Docker's own faults 255. */
export function endedWithin(exitCode: number): boolean {
  return exitCode > 0 && exitCode < 128;
}

/** Like `lossOf`, for a container that seems to be ending. Waits about a second for its end. */
export async function awaitLoss(container: Container): Promise<SandboxError | undefined> {
  for (let waitMs = 10; waitMs < 1000; waitMs *= 2) {
    const loss = await lossOf(container);
    if (loss) return loss;
    await delay(waitMs);
  }
  return undefined;
}

/** The error when the daemon refuses a call about a container. */
export async function containerFault(
  container: Container,
  error: unknown,
  what: string,
): Promise<CooperBenchError> {
  if (CooperBenchError.is(error)) return error;
  const loss = await lossOf(container);
  if (loss) return loss;
  // Hostile code in the container may stop each new process before it begins.
  if (isSilence(error))
    return new SandboxError(
      'SANDBOX_EXEC',
      `${what} in the sandbox ${container.name}: Docker answers, but waits for another process to begin.`,
      {
        cause: error,
      },
    );
  return sandboxFault(container.endpoint, error, 'SANDBOX_EXEC', what);
}
