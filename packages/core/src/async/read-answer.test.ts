import { expect, test } from 'vitest';
import { maxAnswerBytes, readAnswer } from './read-answer.ts';

async function* chunks(bytes: number): AsyncGenerator<Uint8Array> {
  const MiB = 1 << 20;
  for (let left = bytes; left > 0; left -= MiB) yield new Uint8Array(Math.min(MiB, left));
}

test('an answer is read up to 64 MiB', async () => {
  expect(await readAnswer(null)).toHaveLength(0);
  expect(await readAnswer(chunks(maxAnswerBytes))).toHaveLength(maxAnswerBytes);
  await expect(readAnswer(chunks(maxAnswerBytes + 1))).rejects.toThrow('the answer is longer than 64 MiB');
});
