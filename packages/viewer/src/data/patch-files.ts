import type { Text } from './model.ts';

/** Characters of one file of a patch, and of all its files, that a document has. */
const maxPerFile = 200_000;
const maxPerPatch = 4_000_000;
/** Characters that a file keeps when there is room for none of its lines. */
const maxPerNames = 500;
/** Files of a patch that a document has. */
const maxFiles = 10_000;

/**
 * Returns a patch in its files. Shortens each by itself, so that a large one leaves the others whole: what is kept of a file
 * is a patch still, because its last hunk counts only the lines that are there.
 */
export function patchFiles(patch: string): Text[] {
  let left = maxPerPatch;
  const files = splitPatch(patch);
  const shownFiles = files.slice(0, maxFiles).map((file) => {
    const text = shortenPath(file, Math.max(0, Math.min(maxPerFile, left)));
    left -= text.length;
    return { text, left_out: file.length - text.length };
  });
  const otherFiles = files.slice(maxFiles);
  if (otherFiles.length === 0) return shownFiles;
  const left_out = otherFiles.reduce((sum, { length }) => sum + length, 0);
  return [...shownFiles, { text: `${otherFiles.length} more files\n`, left_out }];
}

/** Returns the texts of the files of a patch, in order. What precedes the first is one too, unless it is blank. */
export function splitPatch(patch: string): string[] {
  // Only a line feed ends a line. With the flag `m`, other separators within a line do, too.
  return patch.split(/(?<=^|\n)(?=diff --git )/).filter((text) => text.trim() !== '');
}

const hunkHead = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

function shortenPath(file: string, maxChars: number): string {
  if (file.length <= maxChars) return file;
  const firstHunk = file.search(/(?<=^|\n)@@ -/);
  const end = file.lastIndexOf('\n', maxChars);
  // Without room for a hunk, only the names of the file are kept.
  if (firstHunk < 0 || end <= firstHunk)
    return firstHunk < 0
      ? file.slice(0, Math.max(maxPerNames, maxChars))
      : file.slice(0, Math.min(firstHunk, Math.max(maxPerNames, Math.min(maxChars, 4000))));
  const keptPart = file.slice(0, end + 1);
  const start = keptPart.lastIndexOf('\n@@ -') + 1;
  const [head = '', ...lines] = keptPart.slice(start, -1).split('\n');
  const [, old, newStart] = hunkHead.exec(head) ?? [];
  if (lines.length === 0) return keptPart.slice(0, start);
  const countLinesWithout = (lineSign: string): number =>
    lines.filter((line) => !line.startsWith(lineSign) && line[0] !== '\\').length;
  const ranges = `@@ -${old},${countLinesWithout('+')} +${newStart},${countLinesWithout('-')} @@`;
  return `${keptPart.slice(0, start)}${head.replace(hunkHead, ranges)}\n${lines.join('\n')}\n`;
}
