// biome-ignore-all lint/suspicious/noControlCharactersInRegex: Control characters are what it removes.
import type { Text } from '../../data/model.ts';

const control =
  /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|.)|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Returns a text of an agent without control sequences. */
export function printable(text: string): string {
  return text.replaceAll(control, '');
}

/** Formats a text of an agent on one line: without control sequences, at most `most` characters. */
export function formatPlainText(text: string, maxChars = 300): string {
  const line = text
    .slice(0, maxChars * 4)
    .replaceAll(control, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

/** What stands in the place of bytes that are no UTF-8, and of characters that turn text around. */
const replaced = /\ufffd|\[U\+(?:202[A-E]|206[6-9])\]/;

/** Returns whether a text is all that its file has. */
export function isUnchanged({ text, left_out: leftOut }: Text): boolean {
  return leftOut === 0 && !replaced.test(text);
}
