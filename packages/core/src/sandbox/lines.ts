import { StringDecoder } from 'node:string_decoder';

/** Splits a hostile byte stream into lines. Cuts lines after `maxChars` characters. Drops a last line without a newline. */
export async function* lines(stream: AsyncIterable<Uint8Array>, maxChars: number): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let kept = 0;
  const keep = (text: string): void => {
    const part = text.slice(0, maxChars - kept);
    if (part.length > 0) parts.push(part);
    kept += part.length;
  };
  for await (const chunk of stream) {
    const [first = '', ...rest] = decoder.write(chunk as Buffer).split('\n');
    keep(first);
    for (const next of rest) {
      yield parts.join('');
      parts = [];
      kept = 0;
      keep(next);
    }
  }
}
