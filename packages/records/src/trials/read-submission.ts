import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type FileSource, getMessage, type Submission, type Task } from '@cooperbench/core';
import { isFileSpecificError, readPieces, readWholeFile } from '@cooperbench/core/host';
import { patchChange, patchFacts } from '../formats/patch-facts.ts';
import { getJudged, isForeign } from '../formats/python-format.ts';
import { buildSeats, type SeatResult } from '../formats/result-file.ts';
import { restoreStrippedPatch } from '../formats/stripped-patch.ts';
import type { StoredTrial } from './read-trials.ts';
import { readStoredSeats } from './stored-seats.ts';

/** Statuses of a seat whose work was lost to infrastructure. Such a loss is not the agent's failure. */
const lostStatuses: readonly string[] = ['Error', 'Cancelled'];

/**
 * Reads the patches of a stored trial for evaluation, in every form that its folder may have. A seat that changed nothing
 * has an empty patch file, so a missing file means that the patch was lost. Restores the patches of the Python original, which
 * stores them stripped; our own are bytes from end to end.
 */
export async function readSubmission(trial: StoredTrial, task: Task): Promise<Submission> {
  const { id, setting, features, result } = trial;
  const handedIn = (await readStoredSeats(trial)).filter((seat) => seat.result?.hands_in !== false);
  const readPatches = handedIn.map(({ seat, features, patch, result: seatResult = {} }) => ({
    ...{ seat, features },
    ...patchAt(patch, seatResult, isForeign(trial)),
  }));
  return {
    id,
    task,
    setting,
    judged: getJudged(trial),
    features,
    patches: readPatches.map(({ patch, fault: _, ...seat }) => ({
      ...seat,
      patch: patch ?? new Uint8Array(),
    })),
    // Patches count as written by a model unless the result says otherwise. An unusable trial has no patches.
    untrusted: trial.unusable === undefined && (result?.untrusted ?? true),
    lost:
      trial.unusable ??
      findUnfitSeat(trial) ??
      findLostSeats(trial) ??
      readPatches.find(({ fault }) => fault !== undefined)?.fault,
  };
}

/** A verdict is an object whose keys are the names of seats. Returns undefined if all of them can be keys. */
function findUnfitSeat({ directory, result }: StoredTrial): string | undefined {
  const unfit = Object.keys(buildSeats(result ?? {})).find((seat) => seat in {});
  if (unfit === undefined) return undefined;
  return `${join(directory, 'result.json')} cannot be used: found the seat "${unfit}", expected a name such as agent1`;
}

/**
 * Lists the seats that infrastructure lost, each with the reason. Returns undefined if there are none. Ignores results of the
 * Python original: its `Error` means any exception, and it still evaluates the patch.
 */
export function findLostSeats({ result }: Pick<StoredTrial, 'result'>): string | undefined {
  if (isForeign({ result })) return undefined;
  const lostEntries = Object.entries(buildSeats(result ?? {})).filter(([, seat]) =>
    lostStatuses.includes(seat.status),
  );
  if (lostEntries.length === 0) return undefined;
  const groups = Map.groupBy(lostEntries, ([, { error, status }]) => error ?? status);
  return [...groups]
    .map(([reason, [[first] = [''], ...otherEntries]]) => {
      const otherSeats = otherEntries.map(([seat]) => seat);
      return otherSeats.length === 0
        ? `${first} was lost: ${reason}`
        : `${[first, ...otherSeats].join(', ')} were lost: ${reason}`;
    })
    .join('; ');
}

/** Opens a patch. `fault` says why it cannot be used, with its path. */
function patchAt(
  path: string,
  seatResult: Partial<SeatResult>,
  isForeign: boolean,
): { readonly patch?: FileSource; readonly fault?: string } {
  try {
    const change = patchChange(readPieces(path), seatResult, isForeign);
    const patch = new StoredPatch(path, isForeign);
    return { patch, ...(change !== undefined && { fault: `${path} ${change}` }) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { fault: `${path} is missing` };
    if (isFileSpecificError(error)) return { fault: `${path} cannot be read: ${getMessage(error)}` };
    throw error;
  }
}

/** A patch that stays on disk. What is read later must be what was there first, because verdicts carry its hash. */
class StoredPatch implements FileSource {
  readonly length: number;
  readonly #path: string;
  readonly #isForeign: boolean;
  readonly #sha256: string;

  constructor(path: string, isForeign: boolean) {
    this.#path = path;
    this.#isForeign = isForeign;
    ({ patch_bytes: this.length, patch_sha256: this.#sha256 } = patchFacts(this.#pieces()));
  }

  *read(): Generator<Uint8Array> {
    const hash = createHash('sha256');
    for (const piece of this.#pieces()) {
      hash.update(piece);
      yield piece;
    }
    if (hash.digest('hex') !== this.#sha256) throw new Error(`${this.#path} changed while it was evaluated`);
  }

  #pieces(): Iterable<Uint8Array> {
    return this.#isForeign ? [restoreStrippedPatch(readWholeFile(this.#path))] : readPieces(this.#path);
  }
}
