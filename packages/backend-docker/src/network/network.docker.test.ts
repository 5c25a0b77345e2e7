import { execFileSync, spawn } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import type { Sandbox } from '@cooperbench/core';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { bases, describeDocker, docker, sampleSpec, sampleTask, sh } from '../docker.test.support.ts';
import { DockerBackend } from '../docker-backend.ts';
import { hostServers } from './host-servers.test.support.ts';

const [baseImage] = bases;
const taskDir = sampleTask();

/**
 * Tries to reach `ADDRESS PORT` pairs in each way that a program has, and prints those that a TCP server accepted. UDP has no
 * answer: the receiver counts. Binding to a device makes the kernel send where no route leads.
 */
const attack = `
import socket, sys
def ways():
    yield lambda one: None
    yield lambda one: one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'eth0')
    yield lambda one: one.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    yield lambda one: one.bind((own, 0))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect(('198.51.100.9', 9))
    own = probe.getsockname()[0]
for target in sys.argv[1:]:
    host, port = target.split()
    for prepare in ways():
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as one:
                one.settimeout(2)
                try:
                    prepare(one)
                    if kind == socket.SOCK_DGRAM: one.sendto(b'hello', (host, int(port)))
                    else: one.connect((host, int(port))); print('connected', target)
                except OSError: pass
print('done')
`;

async function attackFrom(sandbox: Sandbox, targets: readonly string[]): Promise<string> {
  await sandbox.writeFile('/tmp/attack.py', attack);
  return sh(sandbox, `python3 /tmp/attack.py ${targets.map((target) => `'${target}'`).join(' ')}`);
}

async function addressOf(sandbox: Sandbox): Promise<string> {
  return (
    await sh(
      sandbox,
      'python3 -c "import socket; s = socket.socket(2, 2); s.connect((\'198.51.100.9\', 9)); print(s.getsockname()[0])"',
    )
  ).trim();
}

describeDocker('the network of a sandbox', () => {
  const backend = new DockerBackend({ build: true, baseImage });
  let first: Sandbox;
  let two: Sandbox;
  beforeAll(async () => {
    [first, two] = await Promise.all([
      backend.create(sampleSpec(taskDir)),
      backend.create(sampleSpec(taskDir)),
    ]);
  });
  afterAll(() => backend[Symbol.asyncDispose]());

  test('does not reach the host, by any address, protocol or device, also after a restart', async () => {
    const server = await hostServers();
    const bridge = await docker.getNetwork('bridge').inspect();
    const { Subnet: subnet = '' } = bridge.IPAM?.Config?.[0] ?? {};
    const own = Object.values(networkInterfaces()).flatMap((all = []) =>
      all.filter(({ family }) => family === 'IPv4'),
    );
    const broadcast = ['255.255.255.255', subnet.replace(/\.0\.0\/16$/, '.255.255')];
    const hosts = [...new Set([...own.map(({ address }) => address), ...broadcast])];
    expect(hosts).toEqual(expect.arrayContaining(['127.0.0.1', subnet.replace(/\.0\/16$/, '.1')]));
    const targets = hosts.map((host) => `${host} ${server.port}`);
    expect(await attackFrom(first, targets)).toBe('done\n');
    await first.restart?.();
    expect(await attackFrom(first, targets)).toBe('done\n');
    expect(server.reached()).toBe(0);
    server.close();
  });

  test('does not reach another sandbox, not even where name servers listen, but itself', async () => {
    const serve = `python3 -c "
import socket, sys, threading
def tcp(port):
    server = socket.create_server(('0.0.0.0', port))
    while True: server.accept()[0].close(); print('reached', flush=True)
def udp(port):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); server.bind(('0.0.0.0', port))
    while True: server.recv(9); print('reached', flush=True)
for port in (53, 8123):
    for kind in (tcp, udp): threading.Thread(target=kind, args=(port,), daemon=True).start()
print('ready', flush=True)
sys.stdin.read()
"`;
    const server = await two.exec(['sh', '-c', serve]);
    const output = server.stdout
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
    let printed = '';
    while (!printed.includes('ready')) printed += (await output.read()).value ?? '';
    const address = await addressOf(two);
    const targets = [53, 8123].map((port) => `${address} ${port}`);
    expect(await attackFrom(first, targets)).toBe('done\n');
    expect(await attackFrom(two, targets.slice(1))).toMatch(/^connected/);
    while (!printed.includes('reached')) printed += (await output.read()).value ?? '';
    await server.kill();
    // From itself: four ways by TCP and by UDP, of which one may fail.
    expect(printed.split('reached').length - 1).toBeLessThanOrEqual(8);
  });

  test('cannot be changed from inside', async () => {
    const script = `python3 -c "
import socket, struct
s = socket.socket(16, 3, 12)
# Deletes the tables of the packet filter.
message = lambda kind, family, id: struct.pack('=IHHIIBBH', 20, kind, 5, 1, 0, family, 0, socket.htons(id))
s.send(message(16, 0, 10) + message(0xa02, 1, 0) + message(17, 0, 10))
print(struct.unpack('=i', s.recv(999)[16:20])[0])
"`;
    expect(await sh(first, script)).toBe('-1\n');
    expect(
      await sh(first, 'cat /sys/class/net/eth0/operstate; echo 1 >/proc/sys/net/ipv4/ip_forward'),
    ).toMatch(/^up\n.*Read-only file system\n$/);
  });

  test('IPv6 leads nowhere', async () => {
    const script = `python3 -c "
import socket
try: socket.create_connection(('2001:db8::1', 80), 2)
except OSError as error: print('refused')
"`;
    expect(await sh(first, script)).toBe('refused\n');
  });

  const mayMakeNamespaces = process.getuid?.() === 0;
  test.skipIf(!mayMakeNamespaces)(
    'reaches the internet, and of private addresses only its name servers',
    async () => {
      // A namespace with a public address stands in for the internet. RFC 5737 reserves both addresses for documentation.
      const [name, [outsidePath, inside]] = [
        `cb-test-${process.pid}`,
        [`cb${process.pid}o`, `cb${process.pid}i`],
      ] as const;
      const ip = (...args: string[]): unknown => execFileSync('ip', args);
      const listen = `
      require('node:net').createServer((s) => s.on('error', () => {}).end()).listen(8125, '198.51.100.2', () => console.log('ready'));
      for (const address of ['192.168.254.2', '192.168.254.3'])
        require('node:dgram').createSocket('udp4', (m, r) => console.log(m + ' at ' + address)).bind(53, address);
      for (const address of ['192.168.254.2', '168.63.129.16'])
        require('node:dgram').createSocket('udp4', () => console.log('private')).bind(8125, address);`;
      ip('netns', 'add', name);
      let server: ReturnType<typeof spawn> | undefined;
      try {
        ip('link', 'add', outsidePath, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
        ip('addr', 'add', '198.51.100.1/24', 'dev', outsidePath);
        ip('addr', 'add', '192.168.254.1/24', 'dev', outsidePath);
        ip('addr', 'add', '168.63.129.1/24', 'dev', outsidePath);
        ip('link', 'set', outsidePath, 'up');
        const addresses = ['198.51.100.2/24', '192.168.254.2/24', '192.168.254.3/24', '168.63.129.16/24'];
        for (const address of addresses) ip('-n', name, 'addr', 'add', address, 'dev', inside);
        ip('-n', name, 'link', 'set', inside, 'up');
        ip('-n', name, 'link', 'set', 'lo', 'up');
        server = spawn('ip', ['netns', 'exec', name, process.execPath, '-e', listen]);
        let printed = '';
        server.stdout?.on('data', (text) => {
          printed += text;
        });
        await expect.poll(() => printed).toContain('ready\n');
        // As on a daemon whose host asks this name server.
        const { createContainer } = Docker.prototype;
        const create = vi.spyOn(Docker.prototype, 'createContainer').mockImplementation(function (
          this: Docker,
          spec: Docker.ContainerCreateOptions,
        ) {
          const Dns = spec.HostConfig?.NetworkMode === 'bridge' ? { Dns: ['192.168.254.3'] } : {};
          return createContainer.call(this, { ...spec, HostConfig: { ...spec.HostConfig, ...Dns } });
        } as typeof createContainer);
        onTestFinished(() => create.mockRestore());
        await using later = new DockerBackend({ build: true, baseImage });
        await using sandbox = await later.create(sampleSpec(taskDir));
        // The host's side of the pair is an address of the host, although it is public.
        const targets = ['198.51.100.2 8125', '198.51.100.1 8125', '192.168.254.2 8125'];
        targets.push('192.168.254.2 53', '192.168.254.3 53', '168.63.129.16 8125');
        expect(new Set((await attackFrom(sandbox, targets)).trim().split('\n'))).toEqual(
          new Set(['connected 198.51.100.2 8125', 'done']),
        );
        await expect.poll(() => printed).toContain('hello at 192.168.254.3\n');
        expect(printed).not.toMatch(/private|at 192\.168\.254\.2/);
      } finally {
        server?.kill('SIGKILL');
        ip('netns', 'delete', name);
      }
    },
  );

  test('with network none there is nothing but loopback, whatever the backend’s option says', async () => {
    await using none = await backend.create(sampleSpec(taskDir, { network: 'none' }));
    expect(await sh(none, 'ls /sys/class/net')).toBe('lo\n');
  });
});
