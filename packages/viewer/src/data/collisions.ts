import { parsePatch } from 'diff';
import type { Collision } from './model.ts';
import type { WorkedStep } from './steps.ts';

/** Lines of the base version, counted from 1, that a patch replaces. `end` is the first line after them. */
export interface Change {
  readonly start: number;
  readonly end: number;
  /** The line of the new version at which `added` begins. */
  readonly newStart: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

const maxLines = 12;
const maxCharacters = 4_000_000;
/** Limits of what the page shows of one file, because a hostile patch may have any number of hunks. */
const maxCollisions = 100;
const maxHunks = 20;

/** By path, what a patch changes. Empty when it is not a patch, or too large for anybody to read. */
export function mapChanges(patch: string): ReadonlyMap<string, readonly Change[]> {
  const changes = new Map<string, Change[]>();
  if (patch.length > maxCharacters) return changes;
  let files: ReturnType<typeof parsePatch>;
  try {
    files = parsePatch(patch);
  } catch {
    return changes;
  }
  for (const { oldFileName, newFileName, hunks } of files) {
    const path = findPath(newFileName) ?? findPath(oldFileName);
    if (path === undefined) continue;
    const pathChanges = changes.get(path) ?? [];
    for (const change of hunks.flatMap(listChangesOfHunk)) pathChanges.push(change);
    changes.set(path, pathChanges);
  }
  return changes;
}

function findPath(name: string | undefined): string | undefined {
  return name === undefined || name === '/dev/null' ? undefined : name.replace(/^[ab]\//, '');
}

/** Lists a hunk without its context: each run of removed and added lines. */
function listChangesOfHunk({
  oldStart,
  newStart,
  lines,
}: {
  oldStart: number;
  newStart: number;
  lines: readonly string[];
}): Change[] {
  const changes: Change[] = [];
  let line = oldStart;
  let newLine = newStart;
  let open: { start: number; newStart: number; added: string[]; removed: string[] } | undefined;
  const close = (): void => {
    if (open) changes.push({ ...open, end: line });
    open = undefined;
  };
  for (const text of lines) {
    if (text.startsWith('\\')) continue;
    if (text.startsWith('+') || text.startsWith('-')) {
      open ??= { start: line, newStart: newLine, added: [], removed: [] };
      (text.startsWith('+') ? open.added : open.removed).push(text.slice(1));
    } else close();
    if (!text.startsWith('+')) line += 1;
    if (!text.startsWith('-')) newLine += 1;
  }
  close();
  return changes;
}

/**
 * Where the changes of several seats in one file overlap, or touch as git sees it: those are the places of conflicts.
 * `changes` and `steps`: by seat.
 */
export function listCollisions(
  changes: ReadonlyMap<string, readonly Change[]>,
  steps: ReadonlyMap<string, readonly WorkedStep[]>,
): Collision[] {
  const allChanges = [...changes].flatMap(([seat, seatChanges]) =>
    seatChanges.map((change) => ({ seat, change })),
  );
  allChanges.sort((left, right) => left.change.start - right.change.start);
  const groups: (typeof allChanges)[] = [];
  let end = -1;
  for (const change of allChanges) {
    const group = groups.at(-1);
    if (group && change.change.start <= end) group.push(change);
    else groups.push([change]);
    end = group && change.change.start <= end ? Math.max(end, change.change.end) : change.change.end;
  }
  return groups
    .filter((group) => new Set(group.map(({ seat }) => seat)).size > 1)
    .slice(0, maxCollisions)
    .map((group) => ({
      start: group[0]?.change.start ?? 1,
      end: group.reduce((last, { change }) => Math.max(last, change.start, change.end - 1), 1),
      hunks: group.slice(0, maxHunks).map(({ seat, change }) => ({
        seat,
        added: change.added.slice(0, maxLines),
        removed: change.removed.slice(0, maxLines),
        step: findWriter(change.added, steps.get(seat) ?? []),
      })),
    }));
}

/** Finds the first step whose commands contain an added line. Lines such as `}` say nothing. */
export function findWriter(addedLines: readonly string[], steps: readonly WorkedStep[]): number | null {
  const telling = addedLines.map((line) => line.trim()).filter((line) => line.length >= 8);
  for (const line of telling.slice(0, 20)) {
    const quoted = JSON.stringify(line).slice(1, -1);
    const step = steps.find(({ commands }) => commands.includes(line) || commands.includes(quoted));
    if (step) return step.step;
  }
  return null;
}
