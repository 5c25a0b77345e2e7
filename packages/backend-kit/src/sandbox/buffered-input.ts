import { WritableStream } from 'node:stream/web';
import { settledWithin } from '@cooperbench/core';

/** Maximum bytes of one message, and of what waits for a slow program. gRPC servers accept at most 4 MiB. */
const defaultMaxBytes = 1024 * 1024;
/** How much later than the end of the input a provider may report that of the process. */
const reportMs = 5000;

/**
 * Returns the input of a process whose provider needs one message per write. A write does not wait for the round trip: bytes
 * that arrive in the meantime go out together with the next message. A write rejects once the process has ended, because a
 * provider may then refuse input or never accept it. A process may end because its input does, so its end also ends a `close`.
 */
export function bufferedInput(
  stream: globalThis.WritableStream<Uint8Array> | WritableStream<Uint8Array>,
  exitCode: Promise<number>,
  maxBytes: number = defaultMaxBytes,
): WritableStream<Uint8Array> {
  const writer = (stream as WritableStream<Uint8Array>).getWriter();
  const end = exitCode.then(() => {
    throw new Error('The process has ended.');
  });
  end.catch(() => {});
  let pendingParts: Uint8Array[] = [];
  let size = 0;
  let pendingSend: Promise<void> = Promise.resolve();
  let writeFailure: { readonly error: unknown } | undefined;
  const closeNow = async (): Promise<void> => {
    try {
      await Promise.race([writer.close(), exitCode]);
    } catch (error) {
      // The provider may refuse the end of the input before it reports that of the process.
      if (!(await settledWithin(reportMs, exitCode))) throw error;
      await exitCode;
    }
  };

  async function send(): Promise<void> {
    const bytes = Buffer.concat(pendingParts);
    pendingParts = [];
    size = 0;
    for (let offset = 0; offset < bytes.length; offset += maxBytes)
      await Promise.race([writer.write(bytes.subarray(offset, offset + maxBytes)), end]);
  }

  return new WritableStream<Uint8Array>({
    async write(bytes) {
      if (writeFailure) throw writeFailure.error;
      pendingParts.push(bytes);
      size += bytes.byteLength;
      if (pendingParts.length === 1)
        pendingSend = pendingSend.then(send).catch((error: unknown) => {
          writeFailure ??= { error };
        });
      if (size >= maxBytes) await pendingSend;
    },
    async close() {
      await pendingSend;
      if (writeFailure) throw writeFailure.error;
      await closeNow();
    },
    abort: () => closeNow().catch(() => {}),
  });
}
