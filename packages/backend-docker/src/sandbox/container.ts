import { setTimeout as delay } from 'node:timers/promises';
import { CooperBenchError, SandboxError } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Endpoint } from '../connection/endpoint.ts';
import { saidBy, sandboxFault, statusOf } from '../connection/faults.ts';

/** A running container. */
export interface Container {
  readonly api: Docker.Container;
  /** As Docker shows it. */
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly memoryMiB: number;
  /** Runs commands in it. */
  readonly user: string;
}

/** Why a container can no longer be used. Undefined: it runs. */
export async function lossOf({ api, name, memoryMiB }: Container): Promise<SandboxError | undefined> {
  const lost = (why: string, cause?: unknown): SandboxError =>
    new SandboxError('SANDBOX_LOST', `The sandbox ${name} is lost: ${why}.`, { cause });
  try {
    const { State: state } = await api.inspect();
    if (state.Paused) return lost('its container was paused from outside');
    if (state.Running && !state.Restarting) return undefined;
    if (state.OOMKilled) return lost(`its container was killed for memory (limit: ${memoryMiB} MiB)`);
    return lost(`its container was ended from outside (exit code ${state.ExitCode})`);
  } catch (error) {
    if (statusOf(error) === 404) return lost('its container was removed from outside', error);
    if (statusOf(error) === undefined) return lost('the Docker daemon went away', error);
    return lost(saidBy(error), error);
  }
}

/** As lossOf, for a container that seems to be ending: waits until it has, but not for long. */
export async function lossSoon(container: Container): Promise<SandboxError | undefined> {
  for (let waitMs = 10; waitMs < 1000; waitMs *= 2) {
    const loss = await lossOf(container);
    if (loss) return loss;
    await delay(waitMs);
  }
  return undefined;
}

/** What to throw when the daemon refuses to do something in a container. */
export async function containerFault(
  container: Container,
  error: unknown,
  what: string,
): Promise<CooperBenchError> {
  if (CooperBenchError.is(error)) return error;
  return (await lossOf(container)) ?? sandboxFault(container.endpoint, error, 'SANDBOX_EXEC', what);
}
