/** The changes of a patch to one file. */
export interface FileStat {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
}

/**
 * Counts added and removed lines by file, in any unified diff. A line of a hunk that looks like a header counts as a line,
 * because a hunk's own header says how many lines it has. Linear time; never throws.
 */
export function patchStat(patch: string): FileStat[] {
  const files: { path: string; added: number; removed: number }[] = [];
  let current: (typeof files)[number] | undefined;
  let old = 0;
  let newLines = 0;
  for (const line of patch.split('\n')) {
    const lineSign = line[0];
    if (old > 0 || newLines > 0) {
      if (lineSign === '+') newLines -= 1;
      else if (lineSign === '-') old -= 1;
      else if (lineSign !== '\\') {
        old -= 1;
        newLines -= 1;
      }
      if (current && lineSign === '+') current.added += 1;
      if (current && lineSign === '-') current.removed += 1;
      continue;
    }
    const path = line.startsWith('diff --git ') ? findPathOfGitLine(line) : undefined;
    if (path !== undefined) {
      current = { path, added: 0, removed: 0 };
      files.push(current);
    }
    const fileName = /^(?:\+\+\+|---) (?:[ab]\/)?([^\t]+)/.exec(line)?.[1];
    if (fileName !== undefined && fileName !== '/dev/null') {
      // Without git's own line, `---` begins a file. A removed file has no name after `+++`.
      if (!current || (line.startsWith('---') && (current.added > 0 || current.removed > 0))) {
        current = { path: fileName, added: 0, removed: 0 };
        files.push(current);
      } else if (line.startsWith('+++')) current.path = fileName;
    }
    const hunk = /^@@ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@/.exec(line);
    if (hunk) [old, newLines] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
  }
  return files;
}

/** Finds the second path of `diff --git a/PATH b/PATH`. Returns undefined if it has none. */
function findPathOfGitLine(line: string): string | undefined {
  const [plain, quoted] = [line.lastIndexOf(' b/'), line.lastIndexOf(' "b/')];
  if (plain < 0 && quoted < 0) return undefined;
  return plain > quoted ? line.slice(plain + 3) : line.slice(quoted + 4).replace(/"$/, '');
}
