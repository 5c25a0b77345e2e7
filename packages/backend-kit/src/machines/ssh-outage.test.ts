import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newKeyPair, Ssh } from './ssh.ts';

/** A network that can be cut: without it, nothing arrives and no connection ends. */
class Network {
  isCut = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(port: () => number) {
    this.#server = createServer((client) => {
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

const hostKeys = newKeyPair();
const userKeys = newKeyPair();
let server: ssh2.Server;
let network: Network;
let port: number;
let ssh: Ssh;

/** The command `count N` prints numbers, ten a second. */
beforeEach(async () => {
  server = new ssh2.Server({ hostKeys: [hostKeys.private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('ready', () =>
      client.on('session', (accept) =>
        accept().on('exec', async (accept, _, { command }) => {
          const channel = accept();
          for (let n = 1; n <= Number(command.split(' ')[1]); n += 1) {
            channel.write(`${n}\n`);
            await delay(100);
          }
          channel.exit(0);
          channel.end();
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
});

const open = (outageMs: number): void => {
  const keys = { privateKey: userKeys.private, hostKey: hostKeys.public };
  ssh = new Ssh({ host: '127.0.0.1', port, user: 'me', ...keys, outageMs });
};
const numbers = (last: number): string => Array.from({ length: last }, (_, n) => `${n + 1}\n`).join('');

test('a process goes on when the network is back, and none of its output is missing', async () => {
  open(20_000);
  const { stdout, exitCode } = await ssh.start('count 10');
  const output = text(stdout as ReadableStream);
  await delay(200);
  network.isCut = true;
  await delay(2500);
  network.isCut = false;
  expect(await output).toBe(numbers(10));
  expect(await exitCode).toBe(0);
});

test('a process is lost when the network is away for longer', async () => {
  open(1000);
  const { stdout, exitCode } = await ssh.start('count 100');
  const output = text(stdout as ReadableStream).catch((error: unknown) => error);
  network.isCut = true;
  await expect(exitCode).rejects.toThrow('the SSH connection closed');
  expect(await output).toBeInstanceOf(Error);
});

test('a process starts when the host can be reached again', async () => {
  open(20_000);
  await network.end();
  await expect(ssh.start('count 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const starting = ssh.start('count 1', async () => {});
  await delay(1000);
  network = new Network(() => (server.address() as { port: number }).port);
  await network.listen(port);
  expect(await (await starting).exitCode).toBe(0);
});

test('the end of a machine ends the wait for it', async () => {
  open(60_000);
  await network.end();
  const starting = ssh.start('count 1', async () => {});
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
  const starting = ssh.start('count 1', beforeRetry);
  starting.catch(() => {});
  await waits;
  ssh.close();
  network = new Network(() => (server.address() as { port: number }).port);
  await network.listen(port);
  await expect(starting).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a machine that is gone is not waited for', async () => {
  open(60_000);
  await network.end();
  const beforeRetry = () => Promise.reject(new Error('it was deleted'));
  await expect(ssh.start('count 1', beforeRetry)).rejects.toThrow('it was deleted');
  network = new Network(() => 0);
  await network.listen();
});
