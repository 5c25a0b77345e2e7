import { stripVTControlCharacters } from 'node:util';

/** Formats a text from anywhere on one line, without terminal sequences and control characters. */
export function formatOneLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .trim();
}
