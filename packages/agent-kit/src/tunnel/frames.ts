/** The kinds of frames. A frame is an id (4 bytes), a kind (1 byte), a length (4 bytes) and a body. Numbers are big-endian. */
export const kinds = { open: 1, ready: 2, data: 3, credit: 4, end: 5, reset: 6, exit: 7 } as const;

export interface Frame {
  readonly id: number;
  readonly kind: number;
  readonly body: Buffer;
}

/** Bytes that one side of a stream may send before the other side grants more. */
export const windowBytes: number = 256 * 1024;

/** Streams that a forwarder has open at once. Further connections wait until it accepts them. */
export const forwarderStreams = 64;

const headerBytes = 9;
const maxBodyBytes = 64 * 1024;

/** The error for bytes that a forwarder never sends. */
export class FrameError extends Error {}

export function encode(id: number, kind: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + body.byteLength);
  frame.writeUInt32BE(id, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(body.byteLength, 5);
  frame.set(body, headerBytes);
  return frame;
}

/** Splits the bytes from a sandbox into frames. @throws FrameError at a frame that a forwarder never sends. */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    // `chunk` may be a plain Uint8Array.
    const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    pending = pending.length === 0 ? part : Buffer.concat([pending, part]);
    let offset = 0;
    while (pending.length - offset >= headerBytes) {
      const [id, kind, length] = [
        pending.readUInt32BE(offset),
        pending.readUInt8(offset + 4),
        pending.readUInt32BE(offset + 5),
      ];
      if (kind < kinds.open || kind > kinds.exit || length > maxBodyBytes)
        throw new FrameError(`a frame of kind ${kind} and length ${length}`);
      if (pending.length - offset < headerBytes + length) break;
      yield { id, kind, body: pending.subarray(offset + headerBytes, offset + headerBytes + length) };
      offset += headerBytes + length;
    }
    pending = pending.subarray(offset);
  }
}
