import { WritableStream } from 'node:stream/web';
import { expect, test } from 'vitest';
import { bufferedInput } from './buffered-input.ts';

const running = new Promise<number>(() => {});

/** Returns a provider that takes a message for each write, and waits for `answer` before the next. */
function provider(answer: () => Promise<void>) {
  const messages: string[] = [];
  let closed = false;
  const stream = new WritableStream<Uint8Array>({
    async write(bytes) {
      messages.push(Buffer.from(bytes).toString());
      await answer();
    },
    close() {
      closed = true;
    },
  });
  return { stream, messages, closed: () => closed };
}

test('what is written while a message is under way goes along with the next one', async () => {
  const answered = Promise.withResolvers<void>();
  const { stream, messages, closed } = provider(() => answered.promise);
  const writer = bufferedInput(stream, running).getWriter();
  for (const text of ['a', 'b', 'c', 'd']) await writer.write(Buffer.from(text));
  answered.resolve();
  await writer.close();
  expect(messages.length).toBeLessThan(4);
  expect(messages.join('')).toBe('abcd');
  expect(closed()).toBe(true);
});

test('a message has a limit, beyond which a writer waits', async () => {
  const { stream, messages } = provider(async () => {});
  const writer = bufferedInput(stream, running, 4).getWriter();
  await writer.write(Buffer.from('0123456789'));
  expect(messages).toEqual(['0123', '4567', '89']);
});

test('input of a process that has ended is refused, though its provider takes none', async () => {
  const { stream } = provider(() => new Promise(() => {}));
  const exit = Promise.withResolvers<number>();
  const writer = bufferedInput(stream, exit.promise).getWriter();
  await writer.write(Buffer.from('never read'));
  const closing = writer.close();
  exit.resolve(0);
  await expect(closing).rejects.toThrow('The process has ended.');
});

test('a process may end because its input does, before its provider answers or though it refuses', async () => {
  for (const close of [
    () => new Promise<void>(() => {}),
    () => Promise.reject(new Error('The process is over.')),
  ]) {
    const exit = Promise.withResolvers<number>();
    const stream = new WritableStream<Uint8Array>({ close });
    const closing = bufferedInput(stream, exit.promise).getWriter().close();
    setImmediate(() => exit.resolve(0));
    await closing;
  }
});

test('an input that its provider does not end is an error while the process runs', async () => {
  const exit = Promise.withResolvers<number>();
  const stream = new WritableStream<Uint8Array>({ close: () => Promise.reject(new Error('No.')) });
  const closing = bufferedInput(stream, exit.promise).getWriter().close();
  exit.reject(new Error('It is lost.'));
  await expect(closing).rejects.toThrow('It is lost.');
});
