import type { Drawing, Shape } from './drawing.ts';
import { readFont } from './font.ts';

/** Returns the drawing as an SVG that needs no other file. */
export function getSvg({ title, width, height, shapes }: Drawing): string {
  const font = readFont().woff.toString('base64');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="'PT Sans', Helvetica, Arial, sans-serif">`,
    `<title>${escapeText(title)}</title>`,
    `<style>@font-face{font-family:"PT Sans";src:url(data:font/woff;base64,${font})}</style>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...shapes.map(formatShape),
    '</svg>\n',
  ].join('\n');
}

function formatShape(shape: Shape): string {
  switch (shape.kind) {
    case 'lines': {
      const path = shape.ends.map(([from, to]) => `M${from.join(' ')}L${to.join(' ')}`).join('');
      return `<path d="${path}" stroke="${shape.colour}" stroke-width="${shape.thickness}" fill="none"/>`;
    }
    case 'circle':
      return `<circle cx="${shape.centre[0]}" cy="${shape.centre[1]}" r="${shape.radius}" fill="${shape.colour}"/>`;
    case 'polygon':
      return `<polygon points="${shape.corners.map((corner) => corner.join(',')).join(' ')}" fill="${shape.colour}"/>`;
    case 'words':
      return `<text x="${shape.at[0]}" y="${shape.at[1]}" font-size="${shape.size}" text-anchor="${shape.anchor}">${escapeText(shape.text)}</text>`;
  }
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
