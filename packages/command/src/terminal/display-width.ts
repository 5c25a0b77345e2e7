import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** The number of columns of a text. Colours take none. */
export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** Cuts a text to a number of columns. A cut text ends with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  return cliTruncate(text, columns);
}

/** Wraps a text between words. A word that is wider than `columns` has its own line. */
export function wrapToWidth(text: string, columns: number): string[] {
  return displayWidth(text) <= columns ? [text] : wrapAnsi(text, columns).split('\n');
}
