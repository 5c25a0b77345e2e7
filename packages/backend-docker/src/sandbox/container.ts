import { setTimeout as delay } from 'node:timers/promises';
import { CooperBenchError, SandboxError } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Endpoint } from '../connection/endpoint.ts';
import { createSandboxFault, extractMessage, findStatus, isDaemonTimeout } from '../connection/faults.ts';

/** A running container. */
export interface Container {
  readonly docker: Docker;
  readonly api: Docker.Container;
  /** Its name in Docker. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly memoryMiB: number;
  readonly isPodman: boolean;
  /** The user that runs commands in it. */
  readonly user: string;
  /** The user that its image names. It is empty if none, and it starts as root. */
  readonly imageUser: string;
  /** The container whose network it shares. It is undefined if it has only loopback. */
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
  /** How often this process has ended the container without these reports from Docker yet. */
  readonly own = { die: 0, kill: 0 };
  /** Somebody else asked Docker to end the container, or the daemon went away. Code in the container can do neither. */
  isFromOutside = false;

  /** Aborts with a SandboxError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  add(error: SandboxError): void {
    if (!this.signal.aborted) this.#controller.abort(error);
  }
}

/** How long Docker may take to report that somebody asked it to end a container: it reports the end first. */
const evidenceMs = 500;

/** Waits for evidence that a container was ended from outside. */
export async function wasEndedFromOutside({ loss }: Pick<Container, 'loss'>): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < evidenceMs && !loss.isFromOutside; waitedMs += 20) await delay(20);
  return loss.isFromOutside;
}

/**
 * Says why no process can be started in a container: it is lost, or it ended and nothing says that its own processes did not
 * end it. Then it can be started again. Returns undefined if it runs.
 */
export async function findLoss(container: Container): Promise<SandboxError | undefined> {
  const { loss } = container;
  if (loss.signal.aborted) return loss.signal.reason as SandboxError;
  if (loss.restarting) return undefined;
  try {
    const end = await endOfContainer(container);
    if (end?.code === 'SANDBOX_LOST') loss.add(end);
    return end;
  } catch (error) {
    if (isDaemonTimeout(error)) return loseSilent(container, error);
    const isGone = findStatus(error) === undefined;
    return createLostError(
      container,
      isGone ? 'the Docker daemon went away' : extractMessage(error),
      error,
      isGone,
    );
  }
}

/** Marks a container as lost because Docker does not answer calls about it. Returns the error. */
export async function loseSilent(container: Container, cause?: unknown): Promise<SandboxError> {
  // Processes in a container can keep Docker from answering calls about it, but not from answering others.
  const isSilentDaemon = await container.docker.ping().then(
    () => false,
    (error: unknown) => findStatus(error) === undefined,
  );
  const error = createLostError(
    container,
    'Docker does not answer calls about its container',
    cause,
    isSilentDaemon,
  );
  container.loss.silent = true;
  container.loss.add(error);
  return error;
}

/** `fromOutside`: no code in the container can be the cause. */
export function createLostError(
  { name }: Pick<Container, 'name'>,
  reason: string,
  cause?: unknown,
  fromOutside = true,
): SandboxError {
  return new SandboxError('SANDBOX_LOST', `The sandbox ${name} is lost: ${reason}.`, { cause, fromOutside });
}

/**
 * Says how a container ended. Returns undefined if it runs. Inspects only containers that do not run: while a process is being
 * started, Docker 20.10 does not answer an inspection of its container, and after that no call about the container, not even
 * its removal. Hostile code may stop a process forever before it begins. @throws errors of the API.
 */
async function endOfContainer(container: Container): Promise<SandboxError | undefined> {
  const { docker, api, memoryMiB, name } = container;
  const [containerInfo] = await docker.listContainers({ all: true, filters: { id: [api.id] } });
  const removed = 'its container was removed from outside';
  if (containerInfo === undefined || containerInfo.State === 'removing')
    return createLostError(container, removed);
  if (containerInfo.State === 'running') return undefined;
  if (containerInfo.State === 'paused')
    return createLostError(container, 'its container was paused from outside');
  try {
    const { State: state } = await api.inspect();
    const code = `exit code ${state.ExitCode}`;
    if (await wasEndedFromOutside(container))
      return createLostError(container, `its container was ended from outside (${code})`);
    const ending = state.OOMKilled ? `memory ran out (limit: ${memoryMiB} MiB)` : code;
    return new SandboxError(
      'SANDBOX_EXEC',
      `Processes in the sandbox ${name} ended its container (${ending}).`,
    );
  } catch (error) {
    if (findStatus(error) === 404) return createLostError(container, removed);
    throw error;
  }
}

/** Like `lossOf`, for a container that seems to be ending. Waits about a second for its end. */
export async function awaitLoss(container: Container): Promise<SandboxError | undefined> {
  for (let waitMs = 10; waitMs < 1000; waitMs *= 2) {
    const loss = await findLoss(container);
    if (loss) return loss;
    await delay(waitMs);
  }
  return undefined;
}

/** Creates the error when the daemon refuses a call about a container. */
export async function createContainerFault(
  container: Container,
  error: unknown,
  summary: string,
): Promise<CooperBenchError> {
  if (CooperBenchError.is(error)) return error;
  const loss = await findLoss(container);
  if (loss) return loss;
  // Hostile code in the container may stop each new process before it begins.
  if (isDaemonTimeout(error))
    return new SandboxError(
      'SANDBOX_EXEC',
      `${summary} in the sandbox ${container.name}: Docker answers, but waits for another process to begin.`,
      {
        cause: error,
      },
    );
  return createSandboxFault(container.endpoint, error, 'SANDBOX_EXEC', summary);
}
