import { parsePatch } from 'diff';

/** One file of a patch, ready to be shown. */
export interface DiffFile {
  /** The new path; of a removed file, the old one. */
  readonly path: string;
  /** Of a renamed file. */
  readonly from?: string;
  readonly change: 'added' | 'removed' | 'renamed' | 'changed';
  readonly hunks: readonly DiffHunk[];
  readonly added: number;
  readonly removed: number;
}

export interface DiffHunk {
  readonly heading: string;
  readonly rows: readonly DiffRow[];
}

export interface DiffRow {
  readonly kind: 'same' | 'added' | 'removed' | 'note';
  readonly text: string;
  /** Line numbers. It is absent if the line is not in that version. */
  readonly old?: number;
  readonly fresh?: number;
}

/** Finds the files of a patch that an agent wrote. Returns null if it is not a unified diff, so only its text can be shown. */
export function findDiffFiles(patch: string): DiffFile[] | null {
  let parsed: ReturnType<typeof parsePatch>;
  try {
    parsed = parsePatch(patch);
  } catch {
    return null;
  }
  const files = parsed.flatMap(({ oldFileName, newFileName, index, hunks }) => {
    const old = stripPrefix(oldFileName);
    const newName = stripPrefix(newFileName);
    const path = newName ?? old ?? index;
    if (path === undefined) return [];
    const shownHunks = hunks.map(buildHunkRows);
    const rows = shownHunks.flatMap((hunk) => hunk.rows);
    return {
      path,
      ...(old !== undefined && newName !== undefined && old !== newName && { from: old }),
      change: changeOf(old, newName),
      hunks: shownHunks,
      added: rows.filter(({ kind }) => kind === 'added').length,
      removed: rows.filter(({ kind }) => kind === 'removed').length,
    };
  });
  return files.length === 0 && patch.trim() !== '' ? null : files;
}

function changeOf(old: string | undefined, newName: string | undefined): DiffFile['change'] {
  if (old === undefined) return 'added';
  if (newName === undefined) return 'removed';
  return old === newName ? 'changed' : 'renamed';
}

/** Without git's prefix. Returns undefined if there is no such file. */
function stripPrefix(name: string | undefined): string | undefined {
  return name === undefined || name === '/dev/null' ? undefined : name.replace(/^[ab]\//, '');
}

type Hunk = ReturnType<typeof parsePatch>[number]['hunks'][number];

function buildHunkRows({ oldStart, oldLines, newStart, newLines, lines }: Hunk): DiffHunk {
  let old = oldStart;
  let newLine = newStart;
  const rows = lines.map((line): DiffRow => {
    const text = line.slice(1);
    if (line.startsWith('+')) return { kind: 'added', text, fresh: newLine++ };
    if (line.startsWith('-')) return { kind: 'removed', text, old: old++ };
    if (line.startsWith('\\')) return { kind: 'note', text };
    return { kind: 'same', text, old: old++, fresh: newLine++ };
  });
  // The library counts from 1 where git says that a version has no line.
  const getFirstLine = (start: number, count: number): number => (count === 0 ? start - 1 : start);
  const ranges = `-${getFirstLine(oldStart, oldLines)},${oldLines} +${getFirstLine(newStart, newLines)},${newLines}`;
  return { heading: `@@ ${ranges} @@`, rows };
}

/** A line of the old version and the one of the new version beside it. */
export interface SplitRow {
  readonly old?: DiffRow;
  readonly fresh?: DiffRow;
}

/** Puts the removed lines of each change beside the added ones. */
export function splitRows(rows: readonly DiffRow[]): SplitRow[] {
  const split: SplitRow[] = [];
  let [removed, added]: [DiffRow[], DiffRow[]] = [[], []];
  const close = (): void => {
    for (let index = 0; index < Math.max(removed.length, added.length); index += 1) {
      const [old, newRow] = [removed[index], added[index]];
      split.push({ ...(old && { old }), ...(newRow && { fresh: newRow }) });
    }
    [removed, added] = [[], []];
  };
  for (const row of rows) {
    if (row.kind === 'removed') removed.push(row);
    else if (row.kind === 'added') added.push(row);
    else if (row.kind === 'same') {
      close();
      split.push({ old: row, fresh: row });
    }
  }
  close();
  return split;
}
