import { Buffer } from 'node:buffer';

/** More lost lines than this are a wrong count of the patch itself. */
const maxLost = 100;

/**
 * Restores the end of a patch that the Python original stored. Its adapters remove white space from the end, and its evaluator
 * adds a newline. A patch that ends with a newline lost nothing.
 */
export function restoreStrippedPatch(storedBytes: Uint8Array): Uint8Array {
  // One character for each byte.
  const text = Buffer.from(storedBytes).toString('latin1');
  if (/^[\t-\r ]*$/.test(text)) return new Uint8Array();
  if (text.endsWith('\n')) return storedBytes;
  return Buffer.from(text + lostEnd(text), 'latin1');
}

function lostEnd(text: string): string {
  // Git ends a binary change with an empty line.
  if (text.lastIndexOf('\nGIT binary patch\n') > text.lastIndexOf('\ndiff --git ')) return '\n\n';
  const [header = '', ...lines] = text.slice(text.lastIndexOf('\n@@ -') + 1).split('\n');
  const counts = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(header);
  if (!counts || lines.some((line) => !/^[-+ \\\r]|^$/.test(line))) return '\n';
  const completeLines = lines.slice(0, -1);
  const end = completeLines.length > 0 && completeLines.every((line) => line.endsWith('\r')) ? '\r\n' : '\n';
  const [before, after] = ['-', '+'].map((lineSign, index) => {
    const lineCount = lines.filter((line) => line[0] === lineSign || !/^[-+\\]/.test(line)).length;
    return Number(counts[index + 1] ?? 1) - lineCount;
  });
  const lostLines = before === after && before !== undefined && before > 0 && before <= maxLost ? before : 0;
  // Where some context is left, `git apply --recount` does without the lost lines, whatever white space they had. Without any
  // context, it would take the end of the hunk for the end of the file. The lost lines were most likely empty.
  const hasContext = !/^[-+]/.test(lines.at(-1) ?? '');
  return end + (hasContext ? '' : ` ${end}`.repeat(lostLines));
}
