import { join } from 'node:path';

import { connect } from '../../packages/backend-docker/dist/connection/connect.js';
import { findEndpoint } from '../../packages/backend-docker/dist/connection/endpoint.js';
import { DockerBackend } from '../../packages/backend-docker/dist/docker-backend.js';
import { buildOwnerLabels } from '../../packages/backend-docker/dist/labels.js';
import { Networks } from '../../packages/backend-docker/dist/network/sandbox-network.js';
import type { DockerOptions } from '../../packages/backend-docker/dist/options.js';
import { getMessage, type SandboxSpec } from '../../packages/core/dist/index.js';
import { sampleDataset } from '../local-sandboxes.ts';

export type Docker = ReturnType<typeof connect>;
type Container = ReturnType<Docker['getContainer']>;

/** Has sh, git, python3 and node, and is here already: a benchmark pulls nothing. */
const baseImage = process.env.COOPERBENCH_BENCH_BASE_IMAGE ?? 'cooperbench-test/base:latest';

const endpoint = findEndpoint();
export const docker: Docker = connect(endpoint);
let networks: Promise<Networks> | undefined;

export function buildDockerBackend(options: DockerOptions = {}): DockerBackend {
  return new DockerBackend({ baseImage, pull: 'never', ...options });
}

/** Returns a sandbox of a sample task. */
export function sampleSpec(name: string): SandboxSpec {
  return {
    name: `cooperbench-bench-${process.pid}-${name}`,
    labels: {},
    image: 'cooperbench-sample/ttl-cache:task27',
    taskDir: join(sampleDataset, 'ttl_cache_task/task27'),
    untrusted: false,
    lifetimeMs: 600_000,
  };
}

/** Returns why nothing can be measured here; undefined when it can. */
export async function missing(): Promise<string | undefined> {
  try {
    await docker.getImage(baseImage).inspect();
    return undefined;
  } catch (error) {
    return `${getMessage(error).trim()} (COOPERBENCH_BENCH_BASE_IMAGE names an image with git, Python 3 and Node)`;
  }
}

/**
 * The least there is: a container that sleeps, used and removed. `cooperbench clean` finds it when this is killed.
 * `filtered`: its network is filtered as that of a sandbox is. Otherwise it is Docker's own bridge.
 */
export async function withContainer(
  image: string,
  filtered: boolean,
  useContainer: (container: Container) => Promise<void>,
): Promise<void> {
  const spec = sampleSpec('floor');
  const network = filtered ? await (await openNetworks()).start(image, spec) : undefined;
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['sleep', '3600'],
    Cmd: [],
    Labels: buildOwnerLabels(),
    HostConfig: { NetworkMode: network ? `container:${network.api.id}` : 'bridge' },
  });
  try {
    await container.start();
    await useContainer(container);
  } finally {
    await Promise.all(
      [container, network?.api].map((resource) => resource?.remove({ force: true, v: true })),
    );
  }
}

/** Returns the three calls of an exec: create, start, inspect. Resolves with its exit code. */
export async function runBareExec(
  container: Container,
  argv: readonly string[],
  stdin = '',
): Promise<number | null> {
  const exec = await container.exec({
    Cmd: [...argv],
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const socket = await exec.start({ hijack: true, stdin: true });
  socket.end(stdin);
  await socket.resume().toArray();
  for (;;) {
    const { Running: running, ExitCode: exitCode } = await exec.inspect();
    if (!running) return exitCode;
  }
}

/** Asks the daemon only when a benchmark runs, because there may be none. */
function openNetworks(): Promise<Networks> {
  networks ??= docker
    .info()
    .then(({ Architecture: architecture }) => new Networks({ docker, endpoint }, architecture));
  return networks;
}
