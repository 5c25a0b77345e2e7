import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createWebReadable } from './web-readable.ts';

test('passes on all bytes, and reads no more than its reader takes', async () => {
  let count = 0;
  const source = Readable.from(
    (function* () {
      for (; count < 1000; count += 1) yield Buffer.alloc(1000, count);
    })(),
    { highWaterMark: 1 },
  );
  const stream = createWebReadable(source);
  await turn();
  expect(count).toBeLessThan(5);
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  expect(bytes).toBe(1_000_000);
});

test('bytes that arrive after the reader has cancelled harm nobody', async () => {
  const source = new Readable({ read() {} });
  const stream = createWebReadable(source);
  const reader = stream.getReader();
  source.push(Buffer.from('one'));
  await reader.read();
  const pending = reader.read();
  source.push(Buffer.from('two'));
  await reader.cancel();
  source.emit('data', Buffer.from('three'));
  await pending.catch(() => {});
  expect(source.destroyed).toBe(true);
});

test('an error that comes before the first read waits for it', async () => {
  const source = new Readable({ read() {} });
  const stream = createWebReadable(source);
  source.destroy(new Error('gone'));
  await turn();
  await expect(stream.getReader().read()).rejects.toThrow('gone');
});

test('an error of the source is the error of the reader', async () => {
  const source = new Readable({ read() {} });
  const pendingRead = createWebReadable(source).getReader().read();
  source.destroy(new Error('gone'));
  await expect(pendingRead).rejects.toThrow('gone');
});

test('the output of a child that ended before anybody read it is whole', async () => {
  const size = 50_000;
  const child = spawn(process.execPath, ['-e', `process.stdout.write('x'.repeat(${size}))`]);
  const stream = createWebReadable(child.stdout);
  await once(child, 'exit');
  await delay(50);
  let received = 0;
  for await (const part of stream) received += part.byteLength;
  expect(received).toBe(size);
});
