import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { cooperbench, createScratch, type Scratch, start } from './cli.test.support.ts';
import { scriptedModel, shellDataset } from './dataset.test.support.ts';
import { madeBy, onDocker, removeImages } from './docker.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('docker');

/** Stands between a client and the machine's daemon, until it falls silent: it still accepts, and answers nothing. */
class Relay {
  readonly host: string;
  /** Resolves with the first connection. */
  readonly reached: Promise<void>;
  silent: boolean;
  readonly #sockets: Socket[] = [];

  constructor(scratch: Scratch, silent: boolean) {
    this.silent = silent;
    const path = join(scratch.root, 'docker.sock');
    this.host = `unix://${path}`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reached = promise;
    const server = createServer({ allowHalfOpen: true }, (client) => {
      resolve();
      this.#sockets.push(client);
      client.on('error', () => {});
      if (!this.silent) this.#forward(client);
    }).listen(path);
    onTestFinished(() => {
      server.close();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #forward(client: Socket): void {
    const daemon = connect({ path: '/var/run/docker.sock', allowHalfOpen: true });
    this.#sockets.push(daemon);
    daemon.on('error', () => {});
    for (const [from, to] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      from.on('data', (bytes) => void (this.silent || to.write(bytes)));
      from.on('end', () => void (this.silent || to.end()));
    }
  }
}

const experiment = (scratch: Scratch, { host }: Relay): string[] => [
  ...['run', '-n', 'x', '-m', scriptedModel(scratch.root, [{ turns: [{ run: 'sleep 600' }] }]), ...onDocker],
  ...['--backend-option', `docker.host=${host}`, '--reporter', 'json', '--no-auto-eval'],
  ...['--dataset-dir', shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared' })],
  ...['--log-dir', scratch.logs],
];

describe(`a Docker daemon that accepts calls and does not answer them${reason}`, () => {
  test('does not keep a run from its end before the first sandbox', async () => {
    const scratch = createScratch();
    const relay = new Relay(scratch, true);
    const running = start(scratch, experiment(scratch, relay));
    await relay.reached;
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130, stderr: 'Error: Interrupted.\n' });
  });

  test('does not keep a run with sandboxes from its end, and clean removes them', async () => {
    const scratch = createScratch();
    onTestFinished(() => removeImages(scratch));
    const relay = new Relay(scratch, false);
    const running = start(scratch, experiment(scratch, relay));
    await running.line((line) => line.includes('"sandbox_ready"'));
    relay.silent = true;
    running.child.kill('SIGINT');
    const { code, stderr } = await running.ended;
    expect({ code, stderr }).toMatchObject({ code: 130, stderr: expect.stringContaining('Interrupted.') });
    const { pid } = running.child;
    expect(madeBy(pid)).not.toEqual([]);
    await cooperbench(scratch, ['clean', '--backend', 'docker']);
    expect(madeBy(pid)).toEqual([]);
  });
});
