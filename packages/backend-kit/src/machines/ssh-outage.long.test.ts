import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { generateKeyPair, Ssh } from './ssh.ts';

/** A network that the test can cut. While it is cut, nothing arrives, but connections stay open. */
class Network {
  isCut = false;
  connections = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(port: () => number) {
    this.#server = createServer((client) => {
      this.connections += 1;
      const server = dial(port(), '127.0.0.1');
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => {});
        from.on('data', async (bytes) => {
          from.pause();
          while (this.isCut) await delay(10);
          to.write(bytes);
          from.resume();
        });
        from.on('close', () => to.destroy());
      }
    });
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  /** Ends every connection, and takes no new one. */
  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

const hostKeys = generateKeyPair();
const userKeys = generateKeyPair();
let server: ssh2.Server;
let network: Network;
let port: number;
let ssh: Ssh;
let folder: string;

/** It runs lines with sh on this machine. A client that goes leaves them running, as that of OpenSSH does. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssh-outage-'));
  server = new ssh2.Server({ hostKeys: [hostKeys.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('ready', () =>
      client.on('session', (accept) =>
        accept().on('exec', (accept, _, { command }) => {
          const channel = accept();
          const child = spawn('sh', ['-c', command], {
            ...{ cwd: folder, env: { ...process.env, TMPDIR: folder } },
          });
          channel.on('error', () => {});
          channel.pipe(child.stdin);
          child.stdin.on('error', () => {});
          child.stdout.pipe(channel, { end: false });
          child.stderr.pipe(channel.stderr, { end: false });
          child.once('close', (code) => {
            channel.exit(code ?? 1);
            channel.end();
          });
        }),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  network = new Network(() => (server.address() as { port: number }).port);
  port = await network.listen();
});
afterEach(async () => {
  ssh.close();
  await network.end();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
});

const open = (outageMs: number): void => {
  const keys = { privateKey: userKeys.private, hostKey: hostKeys.public };
  ssh = new Ssh({ host: '127.0.0.1', port, user: 'me', ...keys, outageMs });
};
/** Prints numbers, ten a second. */
const count = (last: number): string =>
  `n=0; until [ $n = ${last} ]; do n=$((n + 1)); echo $n; sleep 0.1; done`;
const again = async (): Promise<void> => {};
const restore = async (): Promise<void> => {
  network = new Network(() => (server.address() as { port: number }).port);
  await network.listen(port);
};
const numbers = (last: number): string => Array.from({ length: last }, (_, n) => `${n + 1}\n`).join('');

test('a process goes on when the network is back, and none of its output is missing', async () => {
  open(20_000);
  const { stdout, exitCode } = await ssh.start(count(10));
  const output = text(stdout as ReadableStream);
  await delay(200);
  network.isCut = true;
  await delay(2500);
  network.isCut = false;
  expect(await output).toBe(numbers(10));
  expect(await exitCode).toBe(0);
});

test('a process outlives its connection, and neither its input nor its output is missing', async () => {
  open(20_000);
  const { stdin, stdout, stderr, exitCode } = await ssh.start(
    `echo begun >> runs; { ${count(20)}; } & cat; wait; echo said >&2; exit 3`,
    again,
  );
  const [output, said] = [text(stdout as ReadableStream), text(stderr as ReadableStream)];
  const writer = stdin.getWriter();
  await writer.write(Buffer.from('one\n'));
  await delay(300);
  await network.end();
  await writer.write(Buffer.from('two\n'));
  await delay(500);
  await restore();
  await delay(300);
  // And a second time, from in the middle of what waits.
  await network.end();
  await restore();
  await writer.write(Buffer.from('three\n'));
  await writer.close();
  const lines = (await output).trim().split('\n');
  expect(lines.filter((line) => /^\d+$/.test(line)).join('\n')).toBe(numbers(20).trim());
  expect(lines.filter((line) => !/^\d+$/.test(line))).toEqual(['one', 'two', 'three']);
  expect([await said, await exitCode]).toEqual(['said\n', 3]);
  expect(readFileSync(join(folder, 'runs'), 'utf8')).toBe('begun\n');
});

test('a process outlives a network that is silent for so long that its connection counts as broken', async () => {
  open(8000);
  const began = performance.now();
  const { stdout, exitCode } = await ssh.start(count(30), again);
  const output = text(stdout as ReadableStream);
  await delay(200);
  network.isCut = true;
  await expect.poll(async () => ssh.reachability.interruption(began), { interval: 100 }).toBeDefined();
  network.isCut = false;
  expect([await output, await exitCode]).toEqual([numbers(30), 0]);
  expect(await ssh.reachability.interruption(performance.now())).toBeUndefined();
});

test('much input and output passes connections that break', async () => {
  open(20_000);
  const { stdin, stdout, exitCode } = await ssh.start('cat', again);
  const bytes = randomBytes(6 * 1024 * 1024);
  const output = buffer(stdout as ReadableStream);
  const writer = stdin.getWriter();
  const written = writer.write(bytes).then(() => writer.close());
  for (let times = 0; times < 3; times += 1) {
    await delay(300);
    await network.end();
    await restore();
  }
  await written;
  expect((await output).equals(bytes)).toBe(true);
  expect(await exitCode).toBe(0);
});

test('much output costs few pieces, and the last of it arrives while the command goes on', async () => {
  open(20_000);
  const sizeMiB = 64;
  const { stdin, stdout, exitCode } = await ssh.start(`head -c ${sizeMiB * 1024 ** 2} /dev/zero; cat`, again);
  const reader = stdout.getReader();
  let size = 0;
  while (size < sizeMiB * 1024 ** 2) size += (await reader.read()).value?.byteLength ?? 0;
  const [command = ''] = readdirSync(folder);
  const pieces = readFileSync(join(folder, command, 'out.index'), 'utf8').split('\n').length;
  expect(pieces).toBeLessThan(sizeMiB * 4);
  const writer = stdin.getWriter();
  for (const word of ['one', 'two']) {
    await writer.write(Buffer.from(word));
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(word);
  }
  await writer.close();
  expect([(await reader.read()).done, await exitCode]).toEqual([true, 0]);
});

test('a command whose output nobody reads is held back', async () => {
  open(20_000);
  const { stdout, exitCode } = await ssh.start('{ yes & echo $! > pid; wait; } | tee copy', again);
  const copied = () => statSync(join(folder, 'copy'), { throwIfNoEntry: false })?.size ?? 0;
  await expect.poll(copied).toBeGreaterThan(2 * 1024 * 1024);
  await delay(500);
  expect(copied()).toBeLessThan(4 * 1024 * 1024);
  await stdout.cancel();
  await expect.poll(copied).toBeGreaterThan(4 * 1024 * 1024);
  await (await ssh.start('read -r pid < pid; kill $pid')).exitCode;
  expect(await exitCode).toBe(0);
});

test('a process is lost when the network is away for longer', async () => {
  open(1000);
  const began = performance.now();
  const { stdout, exitCode } = await ssh.start(count(30), again);
  const output = text(stdout as ReadableStream).catch((error: unknown) => error);
  expect(await ssh.reachability.interruption(began)).toBeUndefined();
  network.isCut = true;
  await expect(exitCode).rejects.toThrow();
  expect(await output).toBeInstanceOf(Error);
  expect(await ssh.reachability.interruption(began)).toMatchObject({ code: 'SANDBOX_UNREACHABLE' });
});

test('a shell that a signal ends has no exit code', async () => {
  open(20_000);
  const { exitCode } = await ssh.start('echo well; kill -KILL $$', again);
  await expect(exitCode).rejects.toThrow('the shell on the machine was ended by a signal');
});

test('a process starts when the host can be reached again', async () => {
  open(20_000);
  await network.end();
  await expect(ssh.start(count(1))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const starting = ssh.start(count(1), again);
  await delay(1000);
  await restore();
  expect(await (await starting).exitCode).toBe(0);
});

test('the end of a machine ends the wait for it', async () => {
  open(60_000);
  await network.end();
  const starting = ssh.start(count(1), async () => {});
  ssh.close();
  await expect(starting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  network = new Network(() => 0);
  await network.listen();
});

test('no connection is made after the end, even when the host can be reached again', async () => {
  open(60_000);
  await network.end();
  let asked = (): void => {};
  const beforeRetry = async (): Promise<void> => asked();
  const waits = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const starting = ssh.start(count(1), beforeRetry);
  starting.catch(() => {});
  await waits;
  ssh.close();
  network = new Network(() => (server.address() as { port: number }).port);
  await network.listen(port);
  await expect(starting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a command ends with its machine, and makes no further connection', async () => {
  open(60_000);
  const { exitCode } = await ssh.start(count(50), again);
  const connections = network.connections;
  ssh.close();
  await expect(exitCode).rejects.toThrow('the SSH connection closed');
  expect(network.connections).toBe(connections);
});

test('nobody waits for a machine that was deleted', async () => {
  open(60_000);
  await network.end();
  const beforeRetry = () => Promise.reject(new Error('it was deleted'));
  await expect(ssh.start(count(1), beforeRetry)).rejects.toThrow('it was deleted');
  network = new Network(() => 0);
  await network.listen();
});
