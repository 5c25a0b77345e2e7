import { type SeatBounds, SeatLimitError, seatBounds } from '@cooperbench/core';

type JsonBounds = Pick<SeatBounds, 'jsonDepth' | 'jsonNodes' | 'jsonCharacters'>;

/**
 * Refuses a value that is too large to be written as JSON, before anything is built from it: `JSON.stringify` fails on deep values
 * with a full stack, and on long ones with a full memory. @throws SeatLimitError.
 */
export function checkJson(
  value: unknown,
  { jsonDepth, jsonNodes, jsonCharacters }: JsonBounds = seatBounds,
): void {
  const refuseNodes = (count: number): void => {
    if (count > jsonNodes) throw new SeatLimitError('jsonNodes', `${jsonNodes} values in one value`);
  };
  let level: unknown[] = [value];
  let nodes = 0;
  let characters = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > jsonDepth) throw new SeatLimitError('jsonDepth', `${jsonDepth} levels in one value`);
    const nextLevel: unknown[] = [];
    for (const item of level) {
      nodes += 1;
      if (typeof item === 'string') characters += item.length;
      else if (typeof item === 'object' && item !== null) {
        if (Array.isArray(item)) refuseNodes(nodes + item.length);
        if (ArrayBuffer.isView(item)) refuseNodes(nodes + item.byteLength);
        for (const [name, inner] of Object.entries(item)) {
          if (!Array.isArray(item)) characters += name.length;
          nextLevel.push(inner);
        }
        refuseNodes(nodes + nextLevel.length);
      }
      if (characters > jsonCharacters)
        throw new SeatLimitError('jsonCharacters', `${jsonCharacters} characters in one value`);
    }
    level = nextLevel;
  }
}
