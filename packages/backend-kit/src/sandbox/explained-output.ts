import { ReadableStream, type ReadableStreamDefaultReader } from 'node:stream/web';

/**
 * Wraps a provider's output so that its errors become CooperBench's. When the reader cancels, the rest is still read, because
 * the process must not wait for its reader.
 */
export function explainedOutput(
  stream: globalThis.ReadableStream<Uint8Array> | ReadableStream<Uint8Array>,
  explain: (error: unknown) => Promise<Error>,
): ReadableStream<Uint8Array> {
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(await explain(error));
        }
      },
      cancel() {
        void drain(reader).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}
