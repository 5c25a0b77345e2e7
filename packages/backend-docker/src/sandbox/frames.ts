/** A piece of a process's output. Stream 1 is its standard output, and 2 its standard error. */
export interface Frame {
  readonly stream: number;
  readonly bytes: Uint8Array;
}

const headerBytes = 8;

/**
 * Splits the bytes of one connection into frames: the stream's number, three zeros, the length (four bytes, big-endian), and
 * the bytes. docker-modem's own `demuxStream` reads without waiting for a slow reader.
 */
export async function* frames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const header = Buffer.alloc(headerBytes);
  let filled = 0;
  let remaining = 0;
  for await (const chunk of source) {
    let rest: Uint8Array = chunk;
    while (rest.length > 0) {
      if (remaining > 0) {
        const bytes = rest.subarray(0, remaining);
        rest = rest.subarray(bytes.length);
        remaining -= bytes.length;
        yield { stream: header.readUInt8(0), bytes };
        continue;
      }
      const part = rest.subarray(0, headerBytes - filled);
      header.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled < headerBytes) continue;
      remaining = header.readUInt32BE(4);
      filled = 0;
    }
  }
}
