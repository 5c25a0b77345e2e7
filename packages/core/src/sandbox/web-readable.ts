import { finished, type Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * Creates a stream of bytes over one of Node.js, which is read only as fast as its reader takes it. `Readable.toWeb` throws an
 * uncaught exception when data arrives after its reader has cancelled (`ERR_INVALID_STATE`, seen in Node.js 24), and a process
 * in a sandbox decides when data arrives. Listens from the start: when a child ends, Node.js lets its output flow, and drops
 * what nobody listens for.
 */
export function createWebReadable(stream: Readable): ReadableStream<Uint8Array> {
  let isCancelled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stream.on('data', (chunk: Uint8Array) => {
          if (isCancelled) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        });
        stream.pause();
        finished(stream, { writable: false }, (error) => {
          if (isCancelled) return;
          if (error) controller.error(error);
          else controller.close();
        });
      },
      pull() {
        stream.resume();
      },
      cancel() {
        isCancelled = true;
        stream.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
