import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { findStatus } from '../connection/faults.ts';
import { removeContainer } from '../sandbox/remove.ts';
import { buildArchive, type Networks } from './sandbox-network.ts';

/** The parts of a daemon that a build's network needs. */
export interface BuildDaemon {
  readonly docker: Docker;
  readonly networks: Networks;
  readonly isPodman: boolean;
}

/** The network of a build's commands, until it is disposed. */
export interface BuildNetwork extends AsyncDisposable {
  readonly options: Docker.ImageBuildOptions;
}

/**
 * Opens a network that is filtered like that of sandboxes. Builds run the code of a dataset, such as `setup.sh`: by default, Docker
 * lets it reach the host at the bridge's address, and Podman, without a network of its own, at every address.
 * @throws SandboxError `DOCKER_NETWORK`; errors of the API.
 */
export async function openBuildNetwork(
  { docker, networks, isPodman }: BuildDaemon,
  signal: AbortSignal,
): Promise<BuildNetwork> {
  if (!isPodman && !(await hasBridge(docker)))
    return { options: { networkmode: 'none' }, [Symbol.asyncDispose]: async () => {} };
  // An image of its own: the one that the build begins with may not be here yet.
  const image = await importEmptyImage(docker, signal);
  const removeImage = (): Promise<void> =>
    docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => {});
  try {
    const container = await networks.start(image, { name: 'cooperbench-build', labels: {} });
    const close = (): Promise<void> => removeContainer(container).then(removeImage);
    try {
      const options = isPodman
        ? await readPodmanOptions(container.api)
        : { networkmode: `container:${container.api.id}` };
      return { options, [Symbol.asyncDispose]: close };
    } catch (error) {
      await close();
      throw error;
    }
  } catch (error) {
    await removeImage();
    throw error;
  }
}

/** Without a bridge, Docker gives builds no network. */
async function hasBridge(docker: Docker): Promise<boolean> {
  try {
    await docker.getNetwork('bridge').inspect();
    return true;
  } catch (error) {
    if (findStatus(error) === 404) return false;
    throw error;
  }
}

/** Returns the ID of a new image that holds an empty file. */
async function importEmptyImage(docker: Docker, abortSignal: AbortSignal): Promise<string> {
  const archive = Readable.from([buildArchive('empty', Buffer.alloc(0))]);
  const stream = await docker.importImage(archive, { abortSignal });
  const lines = (await text(stream)).trim().split('\n');
  return (JSON.parse(lines.at(-1) ?? '') as { status: string }).status;
}

/** Podman's builds ignore `networkmode`, but join a namespace by its path. */
async function readPodmanOptions(container: Docker.Container): Promise<Docker.ImageBuildOptions> {
  const { State: state } = await container.inspect();
  const namespaces = [{ Name: 'network', Path: `/proc/${state.Pid}/ns/net` }];
  return { nsoptions: JSON.stringify(namespaces) } as Docker.ImageBuildOptions;
}
