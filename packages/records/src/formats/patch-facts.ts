import { createHash } from 'node:crypto';
import type { SeatResult } from './result-file.ts';

/** What result.json records of a seat's patch. */
export type PatchFacts = Required<Pick<SeatResult, 'patch_lines' | 'patch_bytes' | 'patch_sha256'>>;

/** Takes a patch in pieces, and says what result.json records of it. Counts the lines that it adds or removes. */
export class PatchCounter {
  readonly #hash = createHash('sha256');
  bytes = 0;
  #lines = 0;
  /** The position in the current line, and its first two bytes. */
  #column = 0;
  #first = 0;
  #second = 0;

  add(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.bytes += piece.length;
    for (let i = 0; i < piece.length; i += 1) {
      const byte = piece[i] as number;
      if (this.#column === 0) {
        this.#first = byte;
        if (isSign(byte)) this.#lines += 1;
      } else if (this.#column === 1) this.#second = byte;
      // The header of a file: three signs.
      else if (this.#column === 2 && isSign(byte) && byte === this.#first && byte === this.#second)
        this.#lines -= 1;
      this.#column = byte === 0x0a ? 0 : this.#column + 1;
    }
  }

  get facts(): PatchFacts {
    return {
      patch_lines: this.#lines,
      patch_bytes: this.bytes,
      patch_sha256: this.#hash.copy().digest('hex'),
    };
  }
}

function isSign(byte: number): boolean {
  return byte === 0x2b || byte === 0x2d;
}

export function patchFacts(patch: Uint8Array | Iterable<Uint8Array>): PatchFacts {
  const counter = new PatchCounter();
  for (const piece of patch instanceof Uint8Array ? [patch] : patch) counter.add(piece);
  return counter.facts;
}

/**
 * Returns how a patch file differs from the patch that result.json records, with both sizes, as the end of a sentence. Returns
 * undefined if it does not, or too little is recorded. `isForeign`: the Python original recorded it. That counts all lines of
 * a patch, and by other rules, so only a file with fewer lines than recorded has certainly changed.
 */
export function patchChange(
  patchBytes: Uint8Array | Iterable<Uint8Array>,
  recordedFacts: Partial<PatchFacts>,
  isForeign: boolean,
): string | undefined {
  const { patch_lines: lines, patch_bytes: bytes, patch_sha256: sha256 } = recordedFacts;
  const differs = 'is not the patch that result.json records';
  if (typeof sha256 === 'string') {
    const facts = patchFacts(patchBytes);
    if (facts.patch_sha256 === sha256) return undefined;
    const contentNote = facts.patch_bytes === bytes ? ', and other content' : '';
    return `${differs}: it has ${facts.patch_bytes} bytes, recorded are ${bytes ?? 'others'}${contentNote}`;
  }
  if (typeof lines !== 'number') return undefined;
  const lineCount = isForeign ? countLinesAtMost(patchBytes) : patchFacts(patchBytes).patch_lines;
  if (isForeign ? lineCount >= lines : lineCount === lines) return undefined;
  return `${differs}: it has ${lineCount} ${isForeign ? 'lines' : 'changed lines'}, recorded are ${lines}`;
}

/** The characters that end a line in Python's `splitlines`, besides CRLF. It gives the highest number of lines. */
const lineEnds = [0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029];
const lineEnd = new RegExp(`\\r\\n|[${String.fromCharCode(...lineEnds)}]`);

function countLinesAtMost(content: Uint8Array | Iterable<Uint8Array>): number {
  const pieces = content instanceof Uint8Array ? [content] : [...content];
  const lines = Buffer.concat(pieces).toString().split(lineEnd);
  return lines.at(-1) === '' ? lines.length - 1 : lines.length;
}
