import type { SandboxDriver } from '@cooperbench/backend-kit';
import { SandboxError, type SandboxOrigin } from '@cooperbench/core';
import { findStatus } from '../connection/faults.ts';
import { ownerLabel } from '../labels.ts';
import { type Container, createContainerFault, findLoss } from './container.ts';
import type { ContainerEvents } from './container-events.ts';
import { root } from './container-settings.ts';
import { runAsRoot } from './exec.ts';
import { MemoryWatch } from './memory.ts';
import { startProcess } from './process.ts';
import { removeSandbox } from './remove.ts';
import { checkUserFiles } from './user-files.ts';

/** Creates the driver of a sandbox in a container. */
export function createContainerDriver(
  container: Container,
  events: ContainerEvents,
  places: { readonly origin: SandboxOrigin; readonly repoDir: string; readonly patchesDir: string },
): SandboxDriver {
  const memory = new MemoryWatch(container);
  return {
    id: container.name,
    ...places,
    start: (argv, env, signal) => startProcess(container, memory, argv, env, signal),
    async terminate() {
      events.delete(container);
      await removeSandbox(container);
    },
    restart: () => restart(container),
    explainError: (error, summary) => createContainerFault(container, error, summary),
  };
}

async function restart(container: Container): Promise<void> {
  const { loss } = container;
  const end = await findLoss(container);
  if (end?.code === 'SANDBOX_LOST') throw end;
  loss.restarting = true;
  try {
    if (end === undefined) {
      loss.own.die += 1;
      loss.own.kill += 1;
      // Docker's own restart hangs if a process in the container was stopped before it began.
      await container.api.kill();
    }
    await checkUserFiles(container);
    await container.api.start();
  } finally {
    loss.restarting = false;
  }
}

/** Ends a container, so that nothing changes its files, and makes them an image, unless another run has made it meanwhile. */
export async function keepContainer({ api, docker }: Container, image: string): Promise<void> {
  await api.kill();
  const isMissing = (error: unknown): false => {
    if (findStatus(error) === 404) return false;
    throw error;
  };
  if (await docker.getImage(image).inspect().catch(isMissing)) return;
  const [repo, tag] = image.split(':');
  // A container's labels become those of its image. This one has no owner.
  await api.commit({ repo, tag, changes: `LABEL ${ownerLabel}=` });
}

/**
 * Creates the directory for patches unless the image has it. The directory belongs to the user that runs commands. Resolves
 * with true if all containers of the image have it for this user.
 */
export async function ensureDirectory(container: Container, path: string): Promise<boolean> {
  if (container.user === root && (await exists(container, path))) return true;
  const script = 'mkdir -p -- "$1" && chown -- "$2" "$1"';
  const argv = ['/bin/sh', '-c', script, 'sh', path, container.user];
  const { exitCode, output } = await runAsRoot(container, argv);
  if (exitCode === 0) return false;
  throw new SandboxError(
    'SANDBOX_CREATE',
    `${path} could not be made in ${container.name}: ${output.trim()}`,
  );
}

async function exists({ api }: Container, path: string): Promise<boolean> {
  try {
    // An answer that nobody reads would keep its connection open, and with it this process.
    (await api.infoArchive({ path })).resume();
    return true;
  } catch (error) {
    if (findStatus(error) === 404) return false;
    throw error;
  }
}
