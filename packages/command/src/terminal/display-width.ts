import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * Loads what knows of wide characters and colours on first use, because that takes a tenth of the start of a command, and most
 * texts are plain.
 */
function load<T>(name: string): T {
  return (require(name) as { default: T }).default;
}

const stringWidth = (): typeof import('string-width').default => load('string-width');
const cliTruncate = (): typeof import('cli-truncate').default => load('cli-truncate');
const wrapAnsi = (): typeof import('wrap-ansi').default => load('wrap-ansi');

/** Computes the number of columns of a text. Colours take none. */
export function computeDisplayWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth()(text);
}

/** Cuts a text to a number of columns. A cut text ends with an ellipsis. */
export function cutToWidth(text: string, columns: number): string {
  return computeDisplayWidth(text) <= columns ? text : cliTruncate()(text, columns);
}

/** Wraps a text between words. A word that is wider than `columns` has its own line. */
export function wrapToWidth(text: string, columns: number): string[] {
  return computeDisplayWidth(text) <= columns ? [text] : wrapAnsi()(text, columns).split('\n');
}
