import type { Phase } from '../contracts/setting.ts';

/** Maximum phases of a trial. After them, it ends as it is. */
export const maxPhases = 20;

const maxFiles = 16;

/** Finds why core cannot run a phase, as the end of a sentence. Returns undefined if it can. */
export function findPhaseFault({ name, work, share }: Phase, seats: readonly string[]): string | undefined {
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_-]{0,39}$/.test(name))
    return `the name ${JSON.stringify(name)} of a phase must begin with a lower-case letter and have at most 40 lower-case letters, digits, dashes and underscores.`;
  const phase = `the phase "${name}"`;
  if (!Array.isArray(work) || work.length === 0) return `${phase} has no list "work" with a seat.`;
  if (share !== undefined && !(share > 0 && share <= 1))
    return `the share of ${phase} is ${String(share)}, and must be more than 0 and at most 1.`;
  const workers = new Set<string>();
  for (const { seat, task, start, handsOver = [] } of work as Phase['work']) {
    if (!seats.includes(seat))
      return `${phase} names the seat ${JSON.stringify(seat)}, which does not exist.`;
    if (workers.has(seat)) return `${phase} has the seat "${seat}" twice.`;
    workers.add(seat);
    if (typeof task !== 'string') return `${phase} has no text "task" for ${seat}.`;
    if (start !== 'fresh' && start !== 'continue' && !seats.includes(start?.from))
      return `in ${phase}, the start of ${seat} must be "fresh", "continue" or { from } with the name of a seat.`;
    if (!Array.isArray(handsOver) || handsOver.length > maxFiles)
      return `in ${phase}, ${seat} must hand over a list of at most ${maxFiles} files.`;
    const unfit = handsOver.find((path) => !isPath(path));
    if (unfit !== undefined)
      return `in ${phase}, ${seat} hands over ${JSON.stringify(unfit)}, which is not a relative path of letters, digits, dots, dashes and underscores.`;
  }
  return undefined;
}

function isPath(path: unknown): boolean {
  const isText = typeof path === 'string' && path.length <= 200 && /^[\w.-]+(\/[\w.-]+)*$/.test(path);
  return isText && path.split('/').every((name) => name !== '.' && name !== '..' && name !== '.git');
}
