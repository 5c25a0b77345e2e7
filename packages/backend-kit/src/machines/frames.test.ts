import { expect, test } from 'vitest';
import { readFrames } from './frames.ts';

test('an output comes as it arrives, wherever it is cut', async () => {
  const all = 'here\nout 5\nab\ncderr 1\n!in 7\nexit 3\nout 9\ncut';
  const whole = ['here 0', 'out ab\ncd', 'err !', 'in 7', 'exit 3', 'out cut'];
  for (let size = 1; size <= all.length; size += 1) {
    const frames: string[] = [];
    for await (const [word, number, bytes] of readFrames(inPieces(Buffer.from(all), size))) {
      const text = Buffer.from(bytes).toString();
      if (frames.at(-1)?.startsWith(`${word} `) && text) frames.push(`${frames.pop()}${text}`);
      else frames.push(`${word} ${text || number}`);
    }
    expect(frames).toEqual(whole);
  }
});

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}
