import { ReadableStream, WritableStream } from 'node:stream/web';
import { expect, test } from 'vitest';
import type { SandboxProcess } from '../../contracts/workspace.ts';
import { encode, framesOf, kinds } from './frames.ts';
import { openTunnel } from './open-tunnel.ts';
import type { Tunnel } from './tunnel.ts';

const text = (written: string): Buffer => Buffer.from(written);
const hello = encode(0, kinds.ready, text('python3'));

/** A tunnel to a forwarder that is the test. */
async function tunnelTo(): Promise<{
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
    stdin: new WritableStream({ write: (chunk) => void sent.push(chunk), close: () => output.close() }),
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

test('connections past a thousand are refused, and the others live on', async () => {
  const { tunnel, send, sent } = await tunnelTo();
  let accepted = 0;
  const listening = tunnel.listen(0, () => {
    accepted += 1;
  });
  send(encode(2, kinds.ready, text('4000')));
  expect(await listening).toBe(4000);
  for (let n = 0; n < 1100; n += 1) send(encode(1 + 2 * n, kinds.open, text('2')));
  const connecting = tunnel.connect(1);
  send(encode(4, kinds.reset, text('refused')));
  await expect(connecting).rejects.toMatchObject({
    name: 'CommandError',
    code: 'TUNNEL_PORT',
    message: 'Could not connect on port 1 of the sandbox: refused',
  });
  // The host's own connection counts as well.
  expect(accepted).toBe(1023);
  const refused: number[] = [];
  async function* replay(): AsyncGenerator<Uint8Array> {
    yield* sent;
  }
  for await (const { id, kind } of framesOf(replay())) if (kind === kinds.reset) refused.push(id);
  expect(refused.filter((id) => id % 2 === 1)).toHaveLength(77);
  await tunnel[Symbol.asyncDispose]();
});

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
