/** One run of tests as the program in the sandbox reports it. */
export interface RunFact {
  readonly exitCode: number;
  readonly seconds: number;
}

/** What the evaluation program said, parsed. */
export interface Facts {
  readonly applied: ReadonlyMap<string, 'applied' | 'skipped' | 'failed'>;
  readonly conflicts: readonly string[];
  /** Undefined: the program did not get so far. */
  readonly merge:
    | {
        readonly status: 'clean' | 'conflicts' | 'missing_input';
        readonly how: 'naive' | 'resolved' | 'fallback' | 'none';
      }
    | undefined;
  /** By label: `merged-N` or a seat. */
  readonly runs: ReadonlyMap<string, RunFact>;
  readonly ruined: ReadonlyMap<string, string>;
  /** The program reached its end. */
  readonly complete: boolean;
}

/** Takes what the program said, a line a fact. */
export function parseFacts(said: readonly string[]): Facts {
  const applied = new Map<string, 'applied' | 'skipped' | 'failed'>();
  const conflicts: string[] = [];
  const runs = new Map<string, RunFact>();
  const ruined = new Map<string, string>();
  let merge: Facts['merge'];
  let complete = false;
  for (const line of said) {
    const [fact = '', subject = '', ...rest] = line.split(' ');
    if (fact === 'apply') applied.set(subject, rest[0] as 'applied');
    else if (fact === 'conflict') conflicts.push(line.slice('conflict '.length));
    else if (fact === 'merge') merge = { status: subject as 'clean', how: rest[0] as 'naive' };
    else if (fact === 'run') runs.set(subject, { exitCode: Number(rest[0]), seconds: Number(rest[1]) });
    else if (fact === 'ruined') ruined.set(subject, rest.join(' '));
    else if (fact === 'done') complete = true;
  }
  return { applied, conflicts, merge, runs, ruined, complete };
}
