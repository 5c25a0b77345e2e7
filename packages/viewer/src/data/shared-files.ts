import { type Change, findWriter, listCollisions, mapChanges } from './collisions.ts';
import type { FileTouch, SharedFile } from './model.ts';
import { mentionsPath } from './names.ts';
import type { WorkedStep } from './steps.ts';

/** A seat's patch, and the steps that led to it. */
export interface SeatWork {
  readonly seat: string;
  /** It is null if the patch is missing. */
  readonly patch: string | null;
  readonly paths: readonly string[];
  readonly steps: readonly WorkedStep[];
}

/** Lists the files of all patches, those that several seats change first. */
export function listSharedFiles(seats: readonly SeatWork[], conflicts: readonly string[]): SharedFile[] {
  const changes = seats.map(({ seat, patch }) => ({ seat, byPath: mapChanges(patch ?? '') }));
  const steps = new Map(seats.map((work) => [work.seat, work.steps]));
  const pathsBySeat = new Map(seats.map(({ seat, paths }) => [seat, new Set(paths)]));
  const conflicting = new Set(conflicts);
  const paths = new Set([...seats.flatMap((work) => work.paths), ...conflicts]);
  return [...paths]
    .map((path): SharedFile => {
      const changing = seats.filter(({ seat }) => pathsBySeat.get(seat)?.has(path));
      const seatsByPath = new Map(
        changes.flatMap(({ seat, byPath }) => {
          const pathChanges = byPath.get(path);
          return pathChanges ? [[seat, pathChanges] as const] : [];
        }),
      );
      return {
        path,
        overlap: changing.length > 1,
        conflict: conflicting.has(path),
        seats: Object.fromEntries(
          seats.map(({ seat, steps: seatSteps }) => [
            seat,
            {
              ...findFirstWrite(seatSteps, path, seatsByPath.get(seat) ?? []),
              in_patch: pathsBySeat.get(seat)?.has(path) === true,
            },
          ]),
        ),
        collisions: changing.length > 1 ? listCollisions(seatsByPath, steps) : [],
      };
    })
    .sort((left, right) => Number(right.overlap) - Number(left.overlap) || (left.path < right.path ? -1 : 1));
}

/** When a seat first wrote a file. Reading it is no work on it. */
function findFirstWrite(
  steps: readonly WorkedStep[],
  path: string,
  seatChanges: readonly Change[],
): Omit<FileTouch, 'in_patch'> {
  const addedLines = seatChanges.flatMap((change) => change.added).slice(0, maxLines);
  const writer = findWriter(addedLines, steps);
  const byLine = steps.find(({ step }) => step === writer);
  const byName = steps.find(({ commands }) => changesFile(commands, path));
  const [first] = [byLine, byName]
    .filter((step) => step !== undefined)
    .sort((left, right) => left.step - right.step);
  return { first_step: first?.step ?? null, first_seconds: first?.seconds ?? null };
}

/** Added lines of a file that are looked for among the commands. */
const maxLines = 200;

/** Programs and tools that change the files which their arguments name. A tool's call is its name and its JSON. */
const changes = [
  /(?:^|[;&|(])\s{0,20}(?:(?:sed|perl)\s.{0,40}-\w{0,4}i|tee|mv|rm|touch|patch|git (?:apply|mv|rm|checkout|restore))\b/,
  /^(?:str_replace|create|insert|write|edit|multi_?edit|apply_patch|update)\w{0,20} \{(?!.{0,200}"command": ?"view")/i,
  /\b(?:open\(.{0,200}['"][wa]b?['"]|write_text\(|writeFile(?:Sync)?\()/,
];
const redirection = /(?<![-=<>&\d])>>?[ \t]{0,5}([^\s;|&>]{1,300})/g;

/** Returns whether a line of a command changes a file of this name. */
function changesFile(commands: string, path: string): boolean {
  if (!mentionsPath(commands, path)) return false;
  return commands
    .split('\n')
    .filter((line) => line.length <= 20_000 && mentionsPath(line, path))
    .some(
      (line) =>
        changes.some((pattern) => pattern.test(line)) ||
        [...line.matchAll(redirection)].some(([, target = '']) => mentionsPath(target, path)),
    );
}
