import type { SeatPlan, Setting } from '../contracts/setting.ts';
import { maxPhases as phaseLimit } from './phase-fault.ts';

/** Finds why core cannot use a setting with these seats, as the end of a sentence, or undefined. */
export function findSeatFault(
  { judged, maxPhases = phaseLimit }: Pick<Setting, 'judged' | 'maxPhases'>,
  seats: readonly SeatPlan[],
): string | undefined {
  if (!(Number.isInteger(maxPhases) && maxPhases >= 1 && maxPhases <= phaseLimit))
    return `its "maxPhases" is ${String(maxPhases)}, and must be a whole number from 1 to ${phaseLimit}.`;
  if (!Array.isArray(seats)) return `seats returns ${String(seats)}, which is not a list.`;
  if (seats.some((seat) => !Array.isArray(seat?.features))) return 'a seat has no list "features".';
  for (const key of ['id', 'fileStem'] as const) {
    const names = seats.map((seat) => seat[key]);
    const repeatedName = names.find((name, index) => names.indexOf(name) !== index);
    if (repeatedName !== undefined) return `two seats have the ${key} "${repeatedName}".`;
    const unfit = names.find((name) => !/^[a-z][a-z0-9_-]{0,39}$/.test(name) || name in {});
    if (unfit !== undefined)
      return `the ${key} "${unfit}" must begin with a lower-case letter and have at most 40 lower-case letters, digits, dashes and underscores, and must not be "constructor".`;
  }
  if (seats.length === 0) return 'it has no seats.';
  const submitting = seats.filter(({ submitsPatch }) => submitsPatch !== false).length;
  if (judged === 'single' && submitting !== 1)
    return `${submitting} of its seats hand in a patch, but in a setting whose "judged" is "single", one does.`;
  return undefined;
}
