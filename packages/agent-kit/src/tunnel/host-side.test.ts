import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import { type SandboxProcess, seatBounds } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { encode, framesOf, kinds, windowBytes } from './frames.ts';
import { openTunnel } from './open-tunnel.ts';
import type { Tunnel } from './tunnel.ts';

const text = (output: string): Buffer => Buffer.from(output);
const hello = encode(0, kinds.ready, text('python3'));

/** Returns a tunnel to a forwarder that is the test. */
async function tunnelTo(writes: () => Promise<void> = async () => {}): Promise<{
  tunnel: Tunnel;
  send(bytes: Uint8Array): void;
  /** Its output ends, and nobody can say how the process did. */
  cut(): void;
  sent: Uint8Array[];
}> {
  const exit = Promise.withResolvers<number>();
  let ended = (): Promise<number> => exit.promise;
  const sent: Uint8Array[] = [];
  let output!: ReadableStreamDefaultController<Uint8Array>;
  const process: SandboxProcess = {
    stdin: new WritableStream({
      write(chunk) {
        sent.push(chunk);
        return writes();
      },
      close: () => output.close(),
    }),
    stdout: new ReadableStream({
      start(controller) {
        output = controller;
        controller.enqueue(hello);
      },
    }),
    stderr: new ReadableStream({ start: (controller) => controller.close() }),
    wait: () => ended(),
    kill: async () => exit.resolve(137),
  };
  const tunnel = await openTunnel({ repoDir: '/repo', exec: async () => process });
  // Nothing that it sends is trusted, and it does not end by itself.
  exit.resolve(0);
  return {
    tunnel,
    sent,
    send: (bytes) => output.enqueue(bytes),
    cut() {
      ended = () => Promise.reject(new Error('no connection'));
      output.close();
    },
  };
}

const lostTo = async (bytes: Uint8Array): Promise<string> => {
  const { tunnel, send } = await tunnelTo();
  void tunnel.listen(0, () => {}).catch(() => {});
  const waiting = await tunnel.exec(['true']);
  send(bytes);
  await expect(waiting.wait()).rejects.toMatchObject({ name: 'SandboxError', code: 'TUNNEL_ENDED' });
  return (tunnel.lost.reason as Error).message;
};

test.for([
  ['an unknown kind', encode(4, 9, text('')), 'a frame of kind 9 and length 0'],
  ['a frame that is too long', encode(4, 3, Buffer.alloc(70_000)), 'a frame of kind 3 and length 70000'],
  ['a length without a body', Buffer.from('000000040300ffffff', 'hex'), 'kind 3 and length 16777215'],
  ['a stream that nobody opened', encode(99, kinds.data, text('x')), 'a frame for the unknown stream 99'],
  ['a stream of the host that does not exist yet', encode(8, kinds.data, text('x')), 'unknown stream 8'],
  [
    'a connection to no listener',
    encode(1, kinds.open, text('4')),
    'a connection 1 to the unknown listener 4',
  ],
  ['a connection with an id of the host', encode(2, kinds.open, text('2')), 'to the unknown listener 2'],
  [
    'more than the window',
    Buffer.concat(Array.from({ length: 17 }, () => encode(4, kinds.data, Buffer.alloc(65_536)))),
    'more data than its window allows',
  ],
] as const)('%s ends the tunnel', async ([, bytes, message]) => {
  expect(await lostTo(bytes)).toContain(message);
});

test('a connection that breaks is a lost tunnel, and nothing in the sandbox is the reason', async () => {
  const { tunnel, cut } = await tunnelTo();
  const waiting = await tunnel.exec(['true']);
  cut();
  await expect(waiting.wait()).rejects.toMatchObject({ name: 'SandboxError', code: 'TUNNEL_LOST' });
});

test('an id is not opened twice', async () => {
  const open = encode(1, kinds.open, text('2'));
  expect(await lostTo(Buffer.concat([open, open]))).toContain('a connection 1');
});

test('frames for a stream that the host has closed are ignored', async () => {
  const { tunnel, send, sent } = await tunnelTo();
  const connecting = tunnel.connect(80);
  send(encode(2, kinds.ready, text('')));
  (await connecting).destroy();
  for (const kind of [kinds.data, kinds.credit, kinds.end, kinds.reset, kinds.exit, kinds.ready])
    send(encode(2, kind, text('xxxx')));
  const again = tunnel.connect(80);
  send(encode(4, kinds.ready, text('')));
  (await again).destroy();
  expect(tunnel.lost.aborted).toBe(false);
  expect(sent.length).toBeGreaterThan(0);
  await tunnel[Symbol.asyncDispose]();
});

/** Opens a port, lets the sandbox do its worst, and returns why the tunnel ended. Another tunnel does not notice. */
async function limitOf(
  worst: (send: (bytes: Uint8Array) => void) => void,
  accept: (connection: Duplex) => void = () => {},
  writes?: () => Promise<void>,
): Promise<unknown> {
  const other = await tunnelTo();
  const { tunnel, send } = await tunnelTo(writes);
  const waiting = await tunnel.exec(['true']);
  const listening = tunnel.listen(0, accept);
  send(encode(6, kinds.ready, text('4000')));
  expect(await listening).toBe(4000);
  worst(send);
  await expect(waiting.wait()).rejects.toBe(await ended(tunnel));
  await expect(tunnel.exec(['true'])).rejects.toBe(tunnel.lost.reason);
  expect(other.tunnel.lost.aborted).toBe(false);
  return tunnel.lost.reason;
}

async function ended({ lost }: Tunnel): Promise<unknown> {
  if (!lost.aborted) await once(lost, 'abort');
  return lost.reason;
}

const opening = (n: number): Buffer => encode(1 + 2 * n, kinds.open, text('6'));
const many = (count: number, frame: (n: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, n) => frame(n)));

test('ten times as many connections as may be open end the tunnel', async () => {
  const reason = await limitOf((send) => send(many(10 * seatBounds.tunnelConnections, opening)));
  expect(reason).toMatchObject({
    name: 'SeatLimitError',
    limit: 'tunnelConnections',
    message:
      'The seat passed its limit "tunnelConnections": at most 256 connections open at once in a tunnel.',
  });
});

test('ten times as many connections a second end the tunnel, also when each is reset at once', async () => {
  const pair = (n: number): Buffer => Buffer.concat([opening(n), encode(1 + 2 * n, kinds.reset, text('x'))]);
  const count = 100 * seatBounds.tunnelConnectionsPerSecond;
  expect(await limitOf((send) => send(many(count, pair)))).toMatchObject({
    limit: 'tunnelConnectionsPerSecond',
  });
});

test('ten times as many frames a second end the tunnel', async () => {
  const credit = encode(2, kinds.credit, Buffer.alloc(4));
  const block = Buffer.concat(Array.from({ length: 1000 }, () => credit));
  const blocks = (100 * seatBounds.tunnelFramesPerSecond) / 1000;
  const worst = (send: (bytes: Uint8Array) => void): void => {
    for (let n = 0; n < blocks; n += 1) send(block);
  };
  expect(await limitOf(worst)).toMatchObject({ limit: 'tunnelFramesPerSecond' });
});

test('bytes that nobody reads end the tunnel before they fill the memory', async () => {
  const part = Buffer.alloc(64 * 1024);
  const full = (n: number): Buffer =>
    Buffer.concat([opening(n), ...Array.from({ length: 4 }, () => encode(1 + 2 * n, kinds.data, part))]);
  const reason = await limitOf((send) => send(many(seatBounds.tunnelConnections, full)));
  expect(reason).toMatchObject({ limit: 'tunnelBytes' });
});

test('a sandbox that does not read its answers ends the tunnel', async () => {
  // The host answers each connection with a reset that nobody reads.
  const reason = await limitOf(
    (send) => send(many(5000, opening)),
    (connection) => void connection.destroy(),
    () => new Promise(() => {}),
  );
  expect(reason).toMatchObject({ limit: 'tunnelWaitingFrames' });
});

test('a connection whose reader waits gets no more than its window, and the rest when the reader goes on', async () => {
  let connection: Duplex | undefined;
  const { tunnel, send, sent } = await tunnelTo();
  const listening = tunnel.listen(0, (one) => {
    connection = one;
  });
  send(encode(2, kinds.ready, text('4000')));
  await listening;
  const credits = (): number => sent.filter((frame) => frame[4] === kinds.credit).length;
  send(Buffer.concat([encode(1, kinds.open, text('2')), ...parts(4)]));
  await expect.poll(() => connection?.readableLength).toBe(windowBytes);
  expect(credits()).toBe(0);
  connection?.resume();
  await expect.poll(credits).toBeGreaterThan(0);
  send(Buffer.concat(parts(4)));
  await expect.poll(() => connection?.readableLength).toBe(0);
  expect(tunnel.lost.aborted).toBe(false);
});

const parts = (count: number): Buffer[] =>
  Array.from({ length: count }, () => encode(1, kinds.data, Buffer.alloc(windowBytes / 4)));

test('frames are cut wherever their bytes are', async () => {
  const bytes = Buffer.concat([hello, encode(2, kinds.data, text('abc')), encode(2, kinds.end, text(''))]);
  async function* oneByOne(): AsyncGenerator<Uint8Array> {
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  const frames = [];
  for await (const { id, kind, body } of framesOf(oneByOne())) frames.push([id, kind, body.toString()]);
  expect(frames).toEqual([
    [0, kinds.ready, 'python3'],
    [2, kinds.data, 'abc'],
    [2, kinds.end, ''],
  ]);
});
