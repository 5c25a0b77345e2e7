/** A line of detached-command.sh, with what follows it. */
export type Frame = readonly [word: string, number: number, bytes: Uint8Array];

/** Reads lines of a word and a number. After `out` and `err`, that many bytes follow. Leaves out a frame that is cut off. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\n');
      if (end < 0) break;
      const [word = '', number = '0'] = rest.subarray(0, end).toString().split(' ');
      const size = word === 'out' || word === 'err' ? Number(number) : 0;
      if (rest.length < end + 1 + size) break;
      const bytes = rest.subarray(end + 1, end + 1 + size);
      rest = rest.subarray(end + 1 + size);
      yield [word, Number(number), bytes];
    }
  }
}
