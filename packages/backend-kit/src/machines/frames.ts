/** A line of detached-command.sh. `bytes`: the next bytes of what follows an `out` or `err`, or nothing. */
export type Frame = readonly [word: string, number: number, bytes: Uint8Array];

const noBytes = new Uint8Array();

/** Reads lines of a word and a number. After `out` and `err`, that many bytes follow, which come as they arrive. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  let output = '';
  let left = 0;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    while (rest.length > 0) {
      if (left > 0) {
        const bytes = rest.subarray(0, left);
        rest = rest.subarray(bytes.length);
        left -= bytes.length;
        yield [output, bytes.length, bytes];
        continue;
      }
      const end = rest.indexOf('\n');
      if (end < 0) break;
      const [word = '', number = '0'] = rest.subarray(0, end).toString().split(' ');
      rest = rest.subarray(end + 1);
      if (word === 'out' || word === 'err') [output, left] = [word, Number(number)];
      else yield [word, Number(number), noBytes];
    }
  }
}
