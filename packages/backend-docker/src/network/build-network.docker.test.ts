import { networkInterfaces } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../connection/connect.ts';
import { findEndpoint } from '../connection/endpoint.ts';
import { bases, describeDocker, sampleSpec, sampleTask, sh } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';
import { describePodman, podmanHost } from '../podman.test.support.ts';
import { hostServers } from './host-servers.test.support.ts';

const [, baseImage] = bases;

/** Commands that try to reach a port at addresses of this machine, and write what network they have. */
function attack(addresses: readonly string[], port: number, subject: string): string {
  const tries = addresses.flatMap((address) =>
    ['nc -w 2', 'nc -u -w 1'].map((nc) => `echo | ${nc} ${address} ${port} || :`),
  );
  return `ls /sys/class/net > /devices-${subject}; ${tries.join('; ')}`;
}

/** Builds a task and a layer whose commands attack the host. */
function testBuilds(host?: string): void {
  const options = { build: true, baseImage, ...(host && { host }) };
  const image = `cooperbench-test/build-network-${process.pid}:task1`;
  const docker = connect(findEndpoint(options));
  const made: string[] = [image];
  const backend = new DockerBackend(options);
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    for (const id of made.reverse())
      await docker
        .getImage(id)
        .remove({ force: true })
        .catch(() => {});
  });

  test('do not reach the host, at any address, but have a network', async () => {
    const server = await hostServers();
    const bridge = await docker.getNetwork('bridge').inspect();
    // Docker names no gateway of a bridge that it has just made: it is the first address.
    const { Gateway, Subnet = '' } = bridge.IPAM?.Config?.[0] ?? {};
    const gateway = Gateway ?? Subnet.replace(/0\/\d+$/, '1');
    const own = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ family }) => family === 'IPv4').map(({ address }) => address),
    );
    // An interface without containers is no address of the machine yet.
    const addresses = [...new Set([...own, gateway])];
    expect(addresses).toContain('127.0.0.1');
    expect(gateway).toMatch(/^\d+\.\d+\.\d+\.1$/);
    const taskDir = sampleTask(
      `FROM ${baseImage}\nCOPY repo /workspace/repo\nRUN ${attack(addresses, server.port, 'task')}\n`,
    );
    const layers = [
      { key: `attack-${process.pid}`, install: attack(addresses, server.port, 'layer'), check: 'true' },
    ];
    const spec = (extra = {}) => sampleSpec(taskDir, { image, network: 'none', ...extra });
    await using task = await backend.create(spec());
    await using layered = await backend.create(spec({ layers }));
    made.push((await docker.getContainer(layered.id).inspect()).Image);
    server.close();
    expect(server.reached()).toBe(0);
    expect(await sh(task, 'cat /devices-task')).toBe('eth0\nlo\n');
    expect(await sh(layered, 'cat /devices-layer')).toBe('eth0\nlo\n');
  });
}

describeDocker("a build's commands", () => testBuilds());
describePodman("a build's commands on Podman", () => testBuilds(podmanHost));
