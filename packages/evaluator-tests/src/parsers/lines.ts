const ESC = '\u001b';
const BEL = '\u0007';

// Besides colours: `ESC ( B` (libtest takes its reset from terminfo) and links, `ESC ] 8 ; ; URL BEL`.
// No two parts of the pattern can match the same text, so it stays linear on hostile input.
const ESCAPES = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|[ -/]+[0-~]|[0-Z^-~])`,
  'g',
);

const HALF_OF_LONGEST = 2048;

// A runner's own line is short, but a test may print megabytes before it without a line end. Patterns match at
// the start or the end of a line, and a limited length limits the cost of every pattern.
function shorten(line: string): string {
  if (line.length <= 2 * HALF_OF_LONGEST) return line;
  return `${line.slice(0, HALF_OF_LONGEST)}…${line.slice(-HALF_OF_LONGEST)}`;
}

/** Splits an output into lines. Drops blank lines and terminal escapes. Cuts long lines in the middle. */
export function toLines(output: string): string[] {
  const text = output.includes(ESC) ? output.replace(ESCAPES, '') : output;
  const lines: string[] = [];
  for (const line of text.split(/[\r\n]+/)) if (line !== '') lines.push(shorten(line));
  return lines;
}

/** Returns the number before `word` in a summary such as `1 failed, 3 passed`. 0: the summary does not have the word. */
export function parseNumber(word: string, summary: string): number {
  for (const item of summary.split(/[,|]/)) {
    const text = item.trim();
    if (text.endsWith(` ${word}`)) return Number.parseInt(text, 10) || 0;
  }
  return 0;
}
