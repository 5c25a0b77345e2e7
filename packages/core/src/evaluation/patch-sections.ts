import { Buffer } from 'node:buffer';

/** The part of a patch about one file, with the names of both sides. */
export interface PatchSection {
  readonly bytes: Uint8Array;
  readonly paths: readonly string[];
}

const newline = 0x0a;

/**
 * Splits a patch by file, without losing a byte: text before the first file belongs to the first section. Reads
 * git's diffs (with quoted names, renames, binary parts) and plain `---`/`+++` diffs.
 */
export function patchSections(patch: Uint8Array): PatchSection[] {
  const bytes = Buffer.from(patch.buffer, patch.byteOffset, patch.byteLength);
  const starts: number[] = [];
  const git = bytes.indexOf('diff --git ') >= 0;
  const hunk = { old: 0, new: 0 };
  for (let at = 0; at < bytes.length; at = endOfLine(bytes, at)) {
    const first = bytes[at];
    if (hunk.old > 0 || hunk.new > 0) {
      if (first === 0x2d || first === 0x20 || first === newline || first === 0x0d) hunk.old -= 1;
      if (first === 0x2b || first === 0x20 || first === newline || first === 0x0d) hunk.new -= 1;
      if (first !== 0x64 || !startsWith(bytes, at, 'diff --git ')) continue;
      // A wrong line count in an agent's hunk must not swallow the next file.
      hunk.old = 0;
      hunk.new = 0;
    }
    if (first === 0x40) Object.assign(hunk, hunkSize(bytes, at));
    else if (git ? startsWith(bytes, at, 'diff --git ') : isPlainHeader(bytes, at)) starts.push(at);
  }
  return starts.map((start, index) => {
    const section = bytes.subarray(index === 0 ? 0 : start, starts[index + 1] ?? bytes.length);
    return { bytes: section, paths: pathsOf(section) };
  });
}

function endOfLine(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(newline, at);
  return end < 0 ? bytes.length : end + 1;
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  return bytes.subarray(at, at + text.length).toString('latin1') === text;
}

function isPlainHeader(bytes: Buffer, at: number): boolean {
  return startsWith(bytes, at, '--- ') && startsWith(bytes, endOfLine(bytes, at), '+++ ');
}

function hunkSize(bytes: Buffer, at: number): { old: number; new: number } {
  const header = bytes.subarray(at, Math.min(endOfLine(bytes, at), at + 100)).toString('latin1');
  const match = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(header);
  return match ? { old: Number(match[1] ?? 1), new: Number(match[2] ?? 1) } : { old: 0, new: 0 };
}

/** The names in the lines before the first hunk or binary part. */
function pathsOf(section: Buffer): string[] {
  const paths = new Set<string>();
  for (let at = 0; at < section.length; ) {
    const next = endOfLine(section, at);
    const line = section
      .subarray(at, next)
      .toString('utf8')
      .replace(/\r?\n$/, '');
    at = next;
    if (line.startsWith('@@ ') || line.startsWith('GIT binary patch')) break;
    for (const path of namesIn(line)) paths.add(path);
  }
  return [...paths];
}

function namesIn(line: string): string[] {
  if (line.startsWith('diff --git ')) return gitHeaderNames(line.slice('diff --git '.length));
  const plain = /^(?:---|\+\+\+) (.*)$/.exec(line);
  if (plain)
    return [withoutPrefix(unquote((plain[1] ?? '').split('\t')[0] ?? ''))].filter(
      (path) => path !== '/dev/null',
    );
  const renamed = /^(?:rename|copy) (?:from|to) (.*)$/.exec(line);
  return renamed ? [unquote(renamed[1] ?? '')] : [];
}

/** `a/NAME b/NAME`: names may hold spaces, so both halves are equal unless one is quoted or it is a rename. */
function gitHeaderNames(rest: string): string[] {
  const quoted = [...rest.matchAll(/"(?:[^"\\]|\\.)*"/g)].map((match) => withoutPrefix(unquote(match[0])));
  if (quoted.length > 0) return quoted;
  const half = rest.slice(0, (rest.length - 1) / 2);
  if (withoutPrefix(half) === withoutPrefix(rest.slice(half.length + 1))) return [withoutPrefix(half)];
  return [];
}

function withoutPrefix(name: string): string {
  return name.replace(/^[a-z]\//, '');
}

function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  const escapes: Record<string, number> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11 };
  const bytes: number[] = [];
  for (const match of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\])/gsu)) {
    const [, octal, escaped, plain] = match;
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (escaped !== undefined) bytes.push(escapes[escaped] ?? escaped.charCodeAt(0));
    else bytes.push(...Buffer.from(plain ?? ''));
  }
  return Buffer.from(bytes).toString('utf8');
}
