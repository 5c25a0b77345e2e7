import type { FailingTest } from '@cooperbench/core';
import { type Change, findWriter } from './collisions.ts';
import type { Suspect } from './model.ts';
import type { WorkedStep } from './steps.ts';

/** A seat's changes by path, and the steps that made them. */
export interface SeatChanges {
  readonly seat: string;
  readonly byPath: ReadonlyMap<string, readonly Change[]>;
  readonly steps: readonly WorkedStep[];
}

const maxSuspects = 3;
/** Names of a message that are looked for, and changed lines that are looked at. */
const maxNames = 30;
const maxLines = 5000;

/**
 * Lists the changes that a failing test points to. `tested`: what the tested tree changes, by path. First those on its stack
 * trace, then those that define or remove a name which its message has.
 */
export function listSuspects(
  test: FailingTest,
  tested: ReadonlyMap<string, readonly Change[]>,
  seats: readonly SeatChanges[],
): Suspect[] {
  const traced = test.places.flatMap((place) => onTrace(place, tested));
  const changesByName = traced.length > 0 ? traced : findByName(test, tested);
  return changesByName.slice(0, maxSuspects).map(({ path, line, why, text }) => ({
    ...{ path, line, why, text: text.trim().slice(0, 200) },
    writers: seats.flatMap(({ seat, byPath, steps }) => {
      const pathChanges = byPath.get(path) ?? [];
      const hasLine = pathChanges.some(
        ({ added, removed }) => added.includes(text) || removed.includes(text),
      );
      return hasLine ? [{ seat, step: findWriter([text], steps) }] : [];
    }),
  }));
}

type TracedLine = Pick<Suspect, 'path' | 'line' | 'why'> & { readonly text: string };

function onTrace(place: string, tested: ReadonlyMap<string, readonly Change[]>): TracedLine[] {
  const colon = place.lastIndexOf(':');
  const [file, line] = [place.slice(0, colon), Number(place.slice(colon + 1))];
  // The whole of the file's path, and what follows each of its slashes.
  const paths = [file, ...[...file.matchAll(/\//g)].map(({ index }) => file.slice(index + 1))];
  return paths.flatMap((path): TracedLine[] => {
    const change = tested
      .get(path)
      ?.find(({ newStart, added }) => line >= newStart && line < newStart + added.length);
    return change ? [{ path, line, why: 'trace', text: change.added[line - change.newStart] ?? '' }] : [];
  });
}

/** A line that defines a name, in the languages of the datasets. */
const definition =
  /\b(?:def|class|function|func|fn|const|let|var|type|interface|struct|enum|trait|import|export|from|pub)\b/;

function findByName(
  { name, message }: FailingTest,
  tested: ReadonlyMap<string, readonly Change[]>,
): TracedLine[] {
  const names = new Set(`${message} ${name}`.match(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu)?.slice(0, maxNames));
  let looked = 0;
  for (const kind of ['removed', 'added'] as const)
    for (const [path, changes] of tested)
      for (const change of changes)
        for (const [index, text] of change[kind].entries()) {
          looked += 1;
          if (looked > maxLines) return [];
          if (text.length > 1000 || !definition.test(text)) continue;
          const words = text.match(/[\p{L}_$][\p{L}\p{N}_$]{3,}/gu) ?? [];
          if (!words.some((word) => names.has(word) && !common.has(word))) continue;
          const line = change.newStart + (kind === 'added' ? index : 0);
          return [{ path, line, why: 'name', text }];
        }
  return [];
}

const common = new Set(
  'import from function const class type export return test tests error expected'.split(' '),
);
