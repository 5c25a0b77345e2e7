/** No client of CooperBench reads more bytes of one answer of a server, so that an endless one takes little memory. */
export const maxAnswerBytes: number = 64 * 1024 * 1024;

/** Passes on the chunks of an answer. @throws Error when it is longer than `maxAnswerBytes`. */
export async function* limitAnswer<T extends Uint8Array>(chunks: AsyncIterable<T>): AsyncGenerator<T> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error(`the answer is longer than ${maxAnswerBytes >> 20} MiB`);
    yield chunk;
  }
}

/** Reads an answer whole. Returns null if it has no body. @throws Error when it is longer than `maxAnswerBytes`; errors of the connection. */
export async function readAnswer(chunks: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const chunkList: Uint8Array[] = [];
  for await (const chunk of chunks ? limitAnswer(chunks) : []) chunkList.push(chunk);
  return Buffer.concat(chunkList);
}
