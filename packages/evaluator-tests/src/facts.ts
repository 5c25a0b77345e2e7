import { Buffer } from 'node:buffer';

/** The evaluation program's report on one tree, as `evaluationProgram` describes it. */
export interface Facts {
  readonly applied: ReadonlyMap<string, 'applied' | 'skipped' | 'failed'>;
  readonly conflicts: readonly string[];
  /** Changes of agents' patches to files that no patch may change, which evaluation undid. */
  readonly dropped: readonly { readonly seat: string; readonly path: string; readonly rule: string }[];
  /** It is undefined if the program ended before the merge. */
  readonly merge:
    | {
        readonly status: 'clean' | 'conflicts' | 'missing_input';
        readonly how: 'naive' | 'resolved' | 'fallback' | 'none';
      }
    | undefined;
  /**
   * The feature whose tests the canary is added to, and a word for each of its tests. It is undefined if there is no canary.
   */
  readonly canary: { readonly feature: number; readonly tokens: readonly string[] } | undefined;
  /** Git was killed, or said that something had run out. The patches may be the cause. */
  readonly isExhausted: boolean;
}

/** Parses the program's lines. */
export function parseFacts(markedLines: readonly string[]): Facts {
  const applied = new Map<string, 'applied' | 'skipped' | 'failed'>();
  const conflicts: string[] = [];
  const droppedFiles = new Map<string, { seat: string; path: string; rule: string }>();
  let merge: Facts['merge'];
  let canary: Facts['canary'];
  let isExhausted = false;
  for (const line of markedLines) {
    const [fact = '', subject = '', ...rest] = line.split(' ');
    if (fact === 'apply') applied.set(subject, rest[0] as 'applied');
    else if (fact === 'conflict') conflicts.push(unquote(line.slice('conflict '.length)));
    else if (fact === 'drop') {
      const [rule = '', path = ''] = rest.join(' ').split('\t');
      // Several rules may drop a path; the first counts.
      const key = `${subject} ${path}`;
      if (!droppedFiles.has(key)) droppedFiles.set(key, { seat: subject, path: unquote(path), rule });
    } else if (fact === 'merge') merge = { status: subject as 'clean', how: rest[0] as 'naive' };
    else if (fact === 'canary') canary = { feature: Number(subject), tokens: rest };
    else if (fact === 'exhausted') isExhausted = true;
  }
  return { applied, conflicts, dropped: [...droppedFiles.values()], merge, canary, isExhausted };
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
};

/** Decodes a path that git has quoted because of unusual bytes. Replaces bytes that are not UTF-8. */
function unquote(path: string): string {
  if (!path.startsWith('"')) return path;
  const bytes = path
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
    );
  return Buffer.from(bytes, 'latin1').toString();
}
