import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { getSystemErrorName } from 'node:util';
import { OncePerKey, SandboxError, type SandboxSpec, withTimeout } from '@cooperbench/core';
import type Docker from 'dockerode';
import type { Connection } from '../connection/connect.ts';
import { extractMessage, findStatus } from '../connection/faults.ts';
import { buildSandboxLabels } from '../labels.ts';
import type { NetworkContainer } from '../sandbox/container.ts';
import { root } from '../sandbox/container-settings.ts';
import { frames } from '../sandbox/frames.ts';
import { removeContainer } from '../sandbox/remove.ts';
import { findNetworkProgram } from './network-program.ts';
import { buildPacketFilter } from './packet-filter.ts';

/** Docker's own network, which every daemon has unless its `bridge` is `none`. */
const bridgeName = 'bridge';
const programName = 'cooperbench-network';
/** How long the program may take to set the filter. */
const readyMs = 60_000;

type NetworkSpec = Pick<SandboxSpec, 'name' | 'labels'>;

/** Starts the networks of a daemon's sandboxes, and of what it builds. */
export class Networks {
  readonly #connection: Connection;
  readonly #architecture: string;
  /** The program that filters. Made for the first network. */
  readonly #programs = new OncePerKey<Buffer>();

  /** @param architecture of the daemon's machine, such as `x86_64` */
  constructor(connection: Connection, architecture: string) {
    this.#connection = connection;
    this.#architecture = architecture;
  }

  /** `image`: any that the daemon has. @throws SandboxError `DOCKER_NETWORK`; errors of the API. */
  async start(image: string, spec: NetworkSpec): Promise<NetworkContainer> {
    const make = (): Promise<Buffer> => filterProgram(this.#connection, this.#architecture, image, spec);
    // Not aborted, because an aborted call may still create a container.
    return startNetwork(this.#connection.docker, await this.#programs.get('', make), image, spec);
  }
}

/**
 * Returns the program that filters the network of a backend's sandboxes. Starts a container of this image for a moment: only a
 * container knows which name servers the daemon gives to them. @throws SandboxError `DOCKER_NETWORK`; errors of the API.
 */
async function filterProgram(
  { docker, endpoint }: Connection,
  architecture: string,
  image: string,
  spec: NetworkSpec,
): Promise<Buffer> {
  const network = await docker
    .getNetwork(bridgeName)
    .inspect()
    .catch((error: unknown) => {
      if (findStatus(error) !== 404) throw error;
      throw createUnusableError('this daemon has no network "bridge"');
    });
  const { IPAM: addresses } = network as { IPAM?: { Config?: { Subnet?: string }[] | null } };
  const subnets = (addresses?.Config ?? []).flatMap(({ Subnet: subnet = '' }) =>
    subnet.includes(':') ? [] : [subnet],
  );
  const ownAddresses = Object.values(networkInterfaces()).flatMap((interfaces = []) =>
    interfaces.map(({ address }) => address),
  );
  const hostAddresses = [...ownAddresses, ...(await readAddresses(endpoint.host))];
  const buildProgram = (nameServers: readonly string[]): Buffer => {
    const program = findNetworkProgram(architecture, buildPacketFilter(subnets, hostAddresses, nameServers));
    if (program === undefined) throw createUnusableError(`CooperBench has no filter for ${architecture}`);
    return program;
  };
  const container = await startNetwork(docker, buildProgram([]), image, spec);
  try {
    return buildProgram(
      nameServersIn(await buffer(await container.api.getArchive({ path: '/etc/resolv.conf' }))),
    );
  } finally {
    await removeContainer(container);
  }
}

/** Returns the name servers of a resolv.conf in a tar archive, where zeros end the header. */
function nameServersIn(archive: Buffer): string[] {
  const lines = archive.toString('latin1').matchAll(/(?<![^\0\n])nameserver[ \t]+([\d.]+)/g);
  return [...lines].map(([, address = '']) => address);
}

/** Reads the addresses of a daemon on another machine. */
async function readAddresses(host: string): Promise<string[]> {
  if (!/^(tcp|https?|ssh):/.test(host)) return [];
  const addresses = await lookup(new URL(host).hostname, { all: true }).catch(() => []);
  return addresses.map(({ address }) => address);
}

/**
 * Starts a container that filters its network and does nothing else. A sandbox joins its network. The image is the sandbox's,
 * because it is there; nothing of it runs. @throws SandboxError `DOCKER_NETWORK`; errors of the API.
 */
export async function startNetwork(
  docker: Docker,
  program: Uint8Array,
  image: string,
  spec: NetworkSpec,
): Promise<NetworkContainer> {
  const name = `${spec.name}-network-${randomBytes(4).toString('hex')}`;
  const api = await docker.createContainer({
    name,
    Image: image,
    Labels: buildSandboxLabels(spec),
    Entrypoint: [`/${programName}`],
    Cmd: [],
    User: root,
    WorkingDir: '/',
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: bridgeName,
      CapDrop: ['ALL'],
      CapAdd: ['NET_ADMIN'],
      // Only the filter's program runs in it. SELinux knows no type that may set filters without more rights.
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  const container = { api, name };
  try {
    await api.putArchive(buildArchive(programName, program), { path: '/' });
    const output = await api.attach({ stream: true, hijack: true, stdout: true });
    await api.start();
    await withTimeout(
      readyMs,
      () => waitUntilReady(api, output as unknown as Socket),
      () => createUnusableError('its filter did not start'),
    );
    return container;
  } catch (error) {
    await removeContainer(container);
    if (SandboxError.is(error) || findStatus(error) === 404) throw error;
    const message = extractMessage(error);
    throw hasNoAddress.test(message)
      ? createNoAddressError(message, error)
      : createUnusableError(message, error);
  }
}

async function waitUntilReady(api: Docker.Container, output: Socket): Promise<void> {
  for await (const { bytes } of frames(output)) {
    if (!Buffer.from(bytes).includes('ready')) continue;
    output.destroy();
    return;
  }
  const { State: state } = await api.inspect();
  throw createUnusableError(`the kernel refused the packet filter (${getSystemErrorName(-state.ExitCode)})`);
}

/** Docker's messages when all addresses of a network, or all its ranges for networks, are taken. */
const hasNoAddress =
  /no available IPv4 addresses|address pools?\b.*(subnetted|exhausted)|non-overlapping IPv4/i;

function createNoAddressError(message: string, cause: unknown): SandboxError {
  return new SandboxError('DOCKER_NETWORK', `Docker has no free address for a sandbox: ${message}`, {
    hint: 'cooperbench clean --backend docker removes what dead runs left behind. Remove other containers that nothing uses.',
    retryable: true,
    cause,
  });
}

function createUnusableError(reason: string, cause?: unknown): SandboxError {
  return new SandboxError(
    'DOCKER_NETWORK',
    `Sandboxes cannot get a network that keeps them from the host and from each other: ${reason}.`,
    {
      hint: 'Use the network policy none and images that exist already, or another daemon. The kernel of the daemon needs nf_tables.',
      cause,
    },
  );
}

/** Builds a tar archive with one executable file. */
export function buildArchive(name: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(512);
  const formatOctal = (value: number, width: number): string =>
    `${value.toString(8).padStart(width - 1, '0')}\0`;
  head.write(name, 0);
  head.write(
    formatOctal(0o755, 8) +
      formatOctal(0, 8) +
      formatOctal(0, 8) +
      formatOctal(content.length, 12) +
      formatOctal(0, 12),
    100,
  );
  head.write('        0', 148);
  head.write('ustar\x0000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${formatOctal(sum, 7)} `, 148);
  return Buffer.concat([head, content, Buffer.alloc((-content.length & 511) + 1024)]);
}
