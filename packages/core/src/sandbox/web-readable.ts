import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * A stream of bytes over one of Node.js, which is read only as fast as its reader takes it. `Readable.toWeb` throws an uncaught
 * exception when data arrives after its reader has cancelled (`ERR_INVALID_STATE`, seen in Node.js 24), and a process in a
 * sandbox decides when data arrives.
 */
export function webReadable(stream: Readable): ReadableStream<Uint8Array> {
  const chunks = stream[Symbol.asyncIterator]();
  // The reader gets the error. Without a listener, one that comes before the first read would be an uncaught exception.
  stream.on('error', () => {});
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value as Uint8Array);
      },
      cancel() {
        // Also ends a pending `pull`.
        stream.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
