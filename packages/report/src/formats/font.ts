import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';

/** The font of figures: PT Sans, of the SIL Open Font License, with the characters of Latin alphabets of Western Europe. */
export interface Font {
  /** As the package has it: WOFF. */
  readonly woff: Buffer;
  /** The tables that a PDF needs, as a TrueType font. */
  readonly trueType: Buffer;
  /** All figures below are in units of an em, `unitsPerEm` of which are its size. */
  readonly unitsPerEm: number;
  readonly ascent: number;
  readonly descent: number;
  readonly box: readonly number[];
  /** Returns the glyph of a character. 0: it has none. */
  readonly glyphOf: (character: string) => number;
  /** Returns how wide a glyph is. */
  readonly advanceOf: (glyph: number) => number;
}

let cachedFont: Font | undefined;

export function readFont(): Font {
  cachedFont ??= parseWoff(
    readFileSync(
      fileURLToPath(import.meta.resolve('@fontsource/pt-sans/files/pt-sans-latin-400-normal.woff')),
    ),
  );
  return cachedFont;
}

/** Returns how wide a text is in a size, both in the same unit. */
export function computeTextWidth(text: string, size: number): number {
  const { glyphOf, advanceOf, unitsPerEm } = readFont();
  const units = [...text].reduce((sum, character) => sum + advanceOf(glyphOf(character)), 0);
  return (units * size) / unitsPerEm;
}

/** WOFF 1.0: https://www.w3.org/TR/WOFF/. The tables are those of OpenType. */
function parseWoff(woff: Buffer): Font {
  const tables = new Map<string, Buffer>();
  for (let index = 0; index < woff.readUInt16BE(12); index += 1) {
    const entryOffset = 44 + 20 * index;
    const [offset, storedLength, length] = [4, 8, 12].map((place) => woff.readUInt32BE(entryOffset + place));
    const bytes = woff.subarray(offset, (offset ?? 0) + (storedLength ?? 0));
    tables.set(
      woff.toString('latin1', entryOffset, entryOffset + 4),
      storedLength === length ? bytes : inflateSync(bytes),
    );
  }
  const buildTable = (name: string): Buffer => {
    const tableBytes = tables.get(name);
    if (!tableBytes) throw new Error(`The font has no table ${name}.`);
    return tableBytes;
  };
  const [head, hhea, hmtx] = ['head', 'hhea', 'hmtx'].map(buildTable) as [Buffer, Buffer, Buffer];
  const glyphs = mapGlyphs(buildTable('cmap'));
  const advances = hhea.readUInt16BE(34);
  return {
    woff,
    trueType: buildTrueType(
      ['glyf', 'head', 'hhea', 'hmtx', 'loca', 'maxp'].map((name) => [name, buildTable(name)]),
    ),
    unitsPerEm: head.readUInt16BE(18),
    ascent: hhea.readInt16BE(4),
    descent: hhea.readInt16BE(6),
    box: [36, 38, 40, 42].map((offset) => head.readInt16BE(offset)),
    glyphOf: (character) => glyphs.get(character.codePointAt(0) ?? 0) ?? 0,
    // Glyphs beyond the list are as wide as its last.
    advanceOf: (glyph) => hmtx.readUInt16BE(4 * Math.min(glyph, advances - 1)),
  };
}

/** Maps code points to glyphs, from the subtable in format 4 for Unicode. */
function mapGlyphs(cmap: Buffer): Map<number, number> {
  const glyphs = new Map<number, number>();
  const starts = Array.from({ length: cmap.readUInt16BE(2) }, (_, index) => cmap.readUInt32BE(8 + 8 * index));
  const start = starts.find((offset) => cmap.readUInt16BE(offset) === 4);
  if (start === undefined) throw new Error('The font has no table of characters in format 4.');
  const segments = cmap.readUInt16BE(start + 6) / 2;
  const [endOffset, startOffset] = [start + 14, start + 16 + 2 * segments];
  const [deltas, offsets] = [startOffset + 2 * segments, startOffset + 4 * segments];
  for (let segment = 0; segment < segments; segment += 1) {
    const [last, first] = [
      cmap.readUInt16BE(endOffset + 2 * segment),
      cmap.readUInt16BE(startOffset + 2 * segment),
    ];
    const delta = cmap.readUInt16BE(deltas + 2 * segment);
    const offset = cmap.readUInt16BE(offsets + 2 * segment);
    for (let code = first; code <= last && code !== 0xffff; code += 1) {
      // An offset counts from its own place.
      const glyph =
        offset === 0 ? code : cmap.readUInt16BE(offsets + 2 * segment + offset + 2 * (code - first));
      if (glyph !== 0) glyphs.set(code, (glyph + delta) & 0xffff);
    }
  }
  return glyphs;
}

/** Builds a font file of tables in the order of their names. */
function buildTrueType(tables: readonly (readonly [name: string, bytes: Buffer])[]): Buffer {
  const head = Buffer.alloc(12 + 16 * tables.length);
  const power = Math.floor(Math.log2(tables.length));
  head.writeUInt32BE(0x00010000, 0);
  for (const [place, value] of [
    tables.length,
    16 * 2 ** power,
    power,
    16 * (tables.length - 2 ** power),
  ].entries())
    head.writeUInt16BE(value, 4 + 2 * place);
  const parts: Buffer[] = [head];
  let offset = head.length;
  for (const [index, [name, bytes]] of tables.entries()) {
    const padded = Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
    const entryOffset = 12 + 16 * index;
    head.write(name, entryOffset, 'latin1');
    head.writeUInt32BE(computeChecksum(padded), entryOffset + 4);
    head.writeUInt32BE(offset, entryOffset + 8);
    head.writeUInt32BE(bytes.length, entryOffset + 12);
    parts.push(padded);
    offset += padded.length;
  }
  return Buffer.concat(parts);
}

function computeChecksum(words: Buffer): number {
  let sum = 0;
  for (let offset = 0; offset < words.length; offset += 4) sum = (sum + words.readUInt32BE(offset)) >>> 0;
  return sum;
}
