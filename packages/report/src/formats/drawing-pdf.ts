import { deflateSync } from 'node:zlib';
import type { Drawing, Shape, TextShape } from './drawing.ts';
import { computeTextWidth, type Font, readFont } from './font.ts';

/** Points of a PDF in a pixel of CSS. */
const scale = 0.75;

/**
 * Builds the drawing as a PDF of one page, which it fills. Vectors and texts, in a font that is embedded: texts can be
 * searched and copied. The same drawing gives the same bytes.
 */
export function buildPdf({ title, width, height, shapes }: Drawing): Buffer {
  const font = readFont();
  const usedGlyphs = new Map<number, string>();
  const shapesText = shapes.map((shape) => formatShape(shape, font, usedGlyphs)).join('\n');
  const box = [width, height].map((length) => number(length * scale)).join(' ');
  // The page counts from below.
  const content = `${scale} 0 0 -${scale} 0 ${number(height * scale)} cm\n${shapesText}\n`;
  const em = (units: number): number => Math.round((units * 1000) / font.unitsPerEm);
  const glyphs = [...usedGlyphs.keys()].sort((left, right) => left - right);
  const widths = glyphs.map((glyph) => `${glyph} [${em(font.advanceOf(glyph))}]`).join(' ');
  return buildFile([
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${box}] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>`,
    stream(Buffer.from(content)),
    '<< /Type /Font /Subtype /Type0 /BaseFont /PTSans-Regular /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 9 0 R >>',
    `<< /Type /Font /Subtype /CIDFontType2 /BaseFont /PTSans-Regular /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /CIDToGIDMap /Identity /FontDescriptor 7 0 R /W [${widths}] >>`,
    `<< /Type /FontDescriptor /FontName /PTSans-Regular /Flags 4 /ItalicAngle 0 /StemV 80 /Ascent ${em(font.ascent)} /Descent ${em(font.descent)} /CapHeight ${em(font.ascent)} /FontBBox [${font.box.map(em).join(' ')}] /FontFile2 8 0 R >>`,
    stream(font.trueType, `/Length1 ${font.trueType.length}`),
    stream(Buffer.from(formatUnicodeMap(glyphs, usedGlyphs))),
    `<< /Title ${formatHexText(title)} /Producer (CooperBench) >>`,
  ]);
}

function formatShape(shape: Shape, font: Font, usedGlyphs: Map<number, string>): string {
  switch (shape.kind) {
    case 'lines': {
      const path = shape.ends.map(([from, to]) => `${from.join(' ')} m ${to.join(' ')} l`).join(' ');
      return `${formatColour(shape.colour)} RG ${shape.thickness} w ${path} S`;
    }
    case 'circle': {
      const [x, y] = shape.centre;
      const r = shape.radius;
      // A quarter of a circle as a curve.
      const c = r * 0.5523;
      const curves = [
        [x + r, y + c, x + c, y + r, x, y + r],
        [x - c, y + r, x - r, y + c, x - r, y],
        [x - r, y - c, x - c, y - r, x, y - r],
        [x + c, y - r, x + r, y - c, x + r, y],
      ].map((points) => `${points.map(number).join(' ')} c`);
      return `${formatColour(shape.colour)} rg ${number(x + r)} ${y} m ${curves.join(' ')} f`;
    }
    case 'polygon': {
      const [first, ...otherCorners] = shape.corners.map((corner) => corner.join(' '));
      return `${formatColour(shape.colour)} rg ${first} m ${otherCorners.map((corner) => `${corner} l`).join(' ')} h f`;
    }
    case 'words':
      return formatWordsText(shape, font, usedGlyphs);
  }
}

const shifts = { start: 0, middle: 0.5, end: 1 } as const;

function formatWordsText(
  { at: [x, y], anchor, size, text }: TextShape,
  font: Font,
  usedGlyphs: Map<number, string>,
): string {
  // The font has a question mark, which stands for what it has not.
  const drawableCharacters = [...text].map((character) => (font.glyphOf(character) === 0 ? '?' : character));
  const codes = drawableCharacters.map((character) => {
    const glyph = font.glyphOf(character);
    usedGlyphs.set(glyph, character);
    return glyph.toString(16).padStart(4, '0');
  });
  const left = x - shifts[anchor] * computeTextWidth(drawableCharacters.join(''), size);
  return `0 0 0 rg BT /F ${size} Tf 1 0 0 -1 ${number(left)} ${y} Tm <${codes.join('')}> Tj ET`;
}

/** So that texts can be searched and copied. */
function formatUnicodeMap(glyphs: readonly number[], usedGlyphs: ReadonlyMap<number, string>): string {
  const formatHex = (value: number): string => value.toString(16).padStart(4, '0');
  const lines = glyphs.map(
    (glyph) => `<${formatHex(glyph)}> <${formatHex(usedGlyphs.get(glyph)?.charCodeAt(0) ?? 0)}>`,
  );
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def /CMapType 2 def',
    '1 begincodespacerange <0000> <ffff> endcodespacerange',
    // A list has at most 100 entries.
    ...Array.from({ length: Math.ceil(lines.length / 100) }, (_, part) => {
      const pageLines = lines.slice(part * 100, (part + 1) * 100);
      return `${pageLines.length} beginbfchar\n${pageLines.join('\n')}\nendbfchar`;
    }),
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n');
}

function buildFile(objects: readonly (string | Buffer)[]): Buffer {
  // The second line says that the file has bytes beyond ASCII.
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n%\u00e9\u00e9\u00e9\u00e9\n', 'latin1')];
  const starts: number[] = [];
  let length = parts[0]?.length ?? 0;
  for (const [index, object] of objects.entries()) {
    starts.push(length);
    const part = Buffer.concat([
      Buffer.from(`${index + 1} 0 obj\n`),
      Buffer.from(object),
      Buffer.from('\nendobj\n'),
    ]);
    parts.push(part);
    length += part.length;
  }
  const entries = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const end = `xref\n0 ${size}\n0000000000 65535 f \n${entries}trailer\n<< /Size ${size} /Root 1 0 R /Info ${objects.length} 0 R >>\nstartxref\n${length}\n%%EOF\n`;
  return Buffer.concat([...parts, Buffer.from(end)]);
}

function stream(bytes: Buffer, entries = ''): Buffer {
  const packed = deflateSync(bytes);
  const head = `<< /Length ${packed.length} /Filter /FlateDecode ${entries} >>\nstream\n`;
  return Buffer.concat([Buffer.from(head), packed, Buffer.from('\nendstream')]);
}

/** `#0072B2` as three numbers between 0 and 1. */
function formatColour(hex: string): string {
  return [1, 3, 5].map((start) => number(Number.parseInt(hex.slice(start, start + 2), 16) / 255)).join(' ');
}

function number(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function formatHexText(text: string): string {
  return `<feff${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;
}
