import type { HostLimits } from '../limits.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openingBrackets = [0x5b, 0x7b];
const closingBrackets = [0x5d, 0x7d];

/**
 * Finds out whether JSON is too deep or has too many values, before it is parsed: a parsed value takes many times the memory
 * of its text. Takes about a millisecond for 1 MB. Returns undefined if it is neither, or it is no JSON, which the parser
 * finds out.
 */
export function findExceededBound(
  json: Uint8Array,
  { jsonDepth, jsonNodes }: Pick<HostLimits, 'jsonDepth' | 'jsonNodes'>,
): 'jsonDepth' | 'jsonNodes' | undefined {
  let depth = 0;
  let nodes = 1;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] ?? 0;
    if (byte === quote) index = endOfText(json, index);
    else if (byte === comma) nodes += 1;
    else if (openingBrackets.includes(byte)) {
      depth += 1;
      nodes += 1;
      if (depth > jsonDepth) return 'jsonDepth';
    } else if (closingBrackets.includes(byte)) depth -= 1;
    if (nodes > jsonNodes) return 'jsonNodes';
  }
  return undefined;
}

/** Returns the index of the quote that ends the text that begins at `start`. */
function endOfText(json: Uint8Array, start: number): number {
  for (let end = json.indexOf(quote, start + 1); end > 0; end = json.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (json[end - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return json.length;
}
