import { Buffer } from 'node:buffer';
import { TransformStream } from 'node:stream/web';

/**
 * Replaces each copy of a path in a stream by as many dashes, because git's messages name files of the host. Lengths stay, as
 * the git protocol counts bytes.
 */
export function hidePath(path: string): TransformStream<Uint8Array, Uint8Array> {
  const needle = Buffer.from(path);
  let heldBytes = Buffer.alloc(0);
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = Buffer.concat([heldBytes, chunk]);
      for (let index = bytes.indexOf(needle); index >= 0; index = bytes.indexOf(needle, index))
        bytes.fill('-', index, index + needle.length);
      const end = bytes.length - computeLengthOfBeginning(bytes, needle);
      heldBytes = bytes.subarray(end);
      if (end > 0) controller.enqueue(bytes.subarray(0, end));
    },
    flush(controller) {
      if (heldBytes.length > 0) controller.enqueue(heldBytes);
    },
  });
}

/** Computes the length of the longest end of `bytes` with which the needle may begin. */
function computeLengthOfBeginning(bytes: Buffer, needle: Buffer): number {
  let length = Math.min(bytes.length, needle.length - 1);
  while (length > 0 && bytes.compare(needle, 0, length, bytes.length - length) !== 0) length -= 1;
  return length;
}
