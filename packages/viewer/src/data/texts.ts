import type { Text } from './model.ts';

/** Characters of one text that a document has. Longer ones would stop the page. */
const maxCharacters = 400_000;

export function buildText(text: string, maxChars: number = maxCharacters): Text {
  return { text: text.slice(0, maxChars), left_out: Math.max(0, text.length - maxChars) };
}

/** Formats the first line with a word in it, in at most `most` characters. */
export function formatFirstLine(text: string, maxChars = 200): string {
  const line = /\S.*/.exec(text)?.[0].trimEnd() ?? '';
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

export function parseNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Formats the text of a message: a string, or parts as providers have them. */
export function formatContentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (content === undefined || content === null) return '';
  if (!Array.isArray(content)) return JSON.stringify(content, null, 2);
  return content
    .map((part: unknown) => {
      const text = (part as { text?: unknown } | null)?.text;
      return typeof text === 'string' ? text : typeof part === 'string' ? part : JSON.stringify(part);
    })
    .join('\n');
}
