import type { DiffFile } from '../parts/diff-rows.ts';

/** Who wrote the added lines of a merged file: by text of the line, the seats whose patch adds it to the same file. */
export type Writers = (text: string) => readonly string[];

/** `patches`: the files of each seat's patch. Lines without a letter or digit, such as `}`, belong to nobody. */
export function buildWriters(path: string, patches: ReadonlyMap<string, readonly DiffFile[]>): Writers {
  const lines = new Map<string, string[]>();
  for (const [seat, files] of patches) {
    const fileRows = files
      .filter((file) => file.path === path)
      .flatMap(({ hunks }) => hunks.flatMap(({ rows }) => rows));
    for (const text of new Set(fileRows.filter(({ kind }) => kind === 'added').map((row) => row.text.trim())))
      lines.set(text, [...(lines.get(text) ?? []), seat]);
  }
  return (text) => (/[\p{L}\p{N}]/u.test(text) ? (lines.get(text.trim()) ?? []) : []);
}
