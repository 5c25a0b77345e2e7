import { type CollectedPatch, collectPatch, tooLarge } from './collect-patch.ts';
import { readHandedOver } from './hand-over.ts';
import type { OpenSeat } from './open-seat.ts';
import type { RunningSeat, TrialRun } from './trial.ts';

/**
 * Returns the agent's own patch, or else the changes in the work tree. Neither: the seat hands in none, or its phase keeps
 * none.
 */
export async function takePatch(
  seat: OpenSeat,
  givenPatch: Uint8Array | undefined,
  { limits, signal }: TrialRun,
): Promise<CollectedPatch | { readonly patch?: undefined; readonly problem?: undefined }> {
  if (!takesPatch(seat)) return {};
  const { record, sandbox, repository, phase } = seat;
  if (givenPatch) {
    const patch = record.newPatch();
    await patch.add(givenPatch);
    await patch.close();
    return patch.isTooLarge ? { problem: tooLarge } : { patch };
  }
  const noPatchPaths = phase?.noPatchPaths;
  return collectPatch(sandbox, repository, () => record.newPatch(), limits.collect, {
    signal,
    without: noPatchPaths,
  });
}

export function takesPatch({ plan, phase }: RunningSeat): boolean {
  return phase?.keepsChanges ?? plan.submitsPatch !== false;
}

/** Returns the files that the seat hands over. */
export async function takeFiles(
  { phase, sandbox }: OpenSeat,
  { limits, signal }: TrialRun,
): Promise<ReadonlyMap<string, string>> {
  return readHandedOver(sandbox, phase?.handsOver ?? [], limits.collect, signal);
}
