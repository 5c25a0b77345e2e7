import { expect, test } from 'vitest';
import { hidePath } from './hide-path.ts';

async function hidden(...chunks: string[]): Promise<string> {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
      controller.close();
    },
  });
  return new Response(source.pipeThrough(hidePath('/tmp/run') as never)).text();
}

test('a path becomes as many dashes, and nothing else changes', async () => {
  expect(await hidden("Unable to create '/tmp/run/x.lock' /tmp/run")).toBe(
    "Unable to create '--------/x.lock' --------",
  );
  expect(await hidden('/tmp/ru', 'n', '/', 'x')).toBe('--------/x');
  expect(await hidden('a/tmp//tmp/', 'run')).toBe('a/tmp/--------');
  expect(await hidden('nothing /', 't', 'o hide /tmp/r')).toBe('nothing /to hide /tmp/r');
  expect(await hidden()).toBe('');
});
