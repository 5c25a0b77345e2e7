/** The kinds of rows of a trajectory: messages by their role, and the thoughts in answers. */
export const kinds = ['prompts', 'answers', 'thoughts', 'output', 'other'] as const;
export type Kind = (typeof kinds)[number];

const kindOfRole: Readonly<Record<string, Kind>> = { s: 'prompts', u: 'prompts', a: 'answers', t: 'output' };

/** A row: a message, and beside it the results of its calls. */
export interface TrajectoryRow {
  readonly messages: readonly number[];
  readonly results: readonly number[];
}

/** Results that a row has. All of a row is drawn at once, and a model may call any number of tools. */
const maxResults = 20;

/** Builds the rows of a trajectory without the kinds in `hidden`. `roles` as of `Trajectory`. */
export function buildTrajectoryRows(roles: string, hiddenKindSet: ReadonlySet<Kind>): TrajectoryRow[] {
  const rows: { messages: number[]; results: number[] }[] = [];
  let isOpen = false;
  for (const [index, role] of [...roles].entries()) {
    const kind = kindOfRole[role] ?? 'other';
    // Another message ends a row, even one that is hidden.
    if (role !== 't') isOpen = false;
    if (hiddenKindSet.has(kind)) continue;
    const last = rows.at(-1);
    if (role === 't' && isOpen && last && last.results.length < maxResults) last.results.push(index);
    else rows.push(role === 't' ? { messages: [], results: [index] } : { messages: [index], results: [] });
    isOpen = true;
  }
  return rows;
}

/** Builds the row of a message or, when it is hidden, the last one before it. */
export function findRow(rows: readonly TrajectoryRow[], message: number): number {
  const place = rows.findLastIndex(({ messages, results }) => (messages[0] ?? results[0] ?? 0) <= message);
  return Math.max(0, place);
}

/** Lists the kinds that a URL hides: their names with commas between them. */
export function listHiddenKinds(text: string | undefined): ReadonlySet<Kind> {
  const names = new Set(text?.split(','));
  return new Set(kinds.filter((kind) => names.has(kind)));
}
