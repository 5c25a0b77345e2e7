import { stripVTControlCharacters } from 'node:util';

/**
 * Control characters, bidi overrides and other formats, lone surrogates, line separators. Joiners are allowed: words and
 * emoji use them.
 */
const unsafe = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes an untrusted text safe to print on one line. Removes terminal sequences, makes other control characters visible, and
 * shortens the text.
 */
export function safeText(text: string, maxCharacters = 1000): string {
  // Processes only as much as can be shown, with room for sequences that are removed.
  const head = text.slice(0, maxCharacters * 4);
  const visible = stripVTControlCharacters(head)
    .trim()
    .replaceAll('\r\n', '\n')
    .replace(unsafe, escapeCharacter);
  const characters = [...visible];
  if (characters.length <= maxCharacters && head.length === text.length) return visible;
  return `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

/** Like `safeText`, but leaves out the middle, because an error ends with its cause. */
export function formatSafeError(text: string, maxCharacters: number): string {
  const half = Math.floor(maxCharacters / 2);
  if (text.length <= maxCharacters) return safeText(text);
  return `${safeText(text.slice(0, half - 1))} … ${safeText(text.slice(1 - half))}`;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code > 0xffff) return `\\u{${digits}}`;
  return (
    names[character] ?? (code > 0xff ? `\\u${digits.padStart(4, '0')}` : `\\x${digits.padStart(2, '0')}`)
  );
}
