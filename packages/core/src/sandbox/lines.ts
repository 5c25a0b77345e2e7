import { StringDecoder } from 'node:string_decoder';

/** Splits a hostile byte stream into lines. Cuts lines after `maxChars` characters. Drops a last line without a newline. */
export async function* lines(stream: AsyncIterable<Uint8Array>, maxChars: number): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let keptLength = 0;
  const keepText = (text: string): void => {
    const part = text.slice(0, maxChars - keptLength);
    if (part.length > 0) parts.push(part);
    keptLength += part.length;
  };
  for await (const chunk of stream) {
    const [first = '', ...rest] = decoder.write(chunk as Buffer).split('\n');
    keepText(first);
    for (const next of rest) {
      yield parts.join('');
      parts = [];
      keptLength = 0;
      keepText(next);
    }
  }
}
