import { text } from 'node:stream/consumers';
import { ReadableStream } from 'node:stream/web';
import { expect, test } from 'vitest';
import { explainedOutput } from './explained-output.ts';

const explain = async (error: unknown): Promise<Error> => new Error(`explained: ${(error as Error).message}`);

test('an output that breaks gives what was read and then the explained error', async () => {
  const source = ReadableStream.from([Buffer.from('one'), Buffer.from('two')]);
  expect(await text(explainedOutput(source, explain))).toBe('onetwo');
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one');
    throw new Error('stream reset');
  }
  const reader = explainedOutput(ReadableStream.from(broken()), explain).getReader();
  expect(await reader.read()).toMatchObject({ done: false });
  await expect(reader.read()).rejects.toThrow('explained: stream reset');
});

test('an output that its reader cancels is read to its end', async () => {
  const ended = Promise.withResolvers<void>();
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 100; n += 1) yield Buffer.from('more');
    ended.resolve();
  }
  await explainedOutput(ReadableStream.from(long()), explain).cancel();
  await ended.promise;
});
