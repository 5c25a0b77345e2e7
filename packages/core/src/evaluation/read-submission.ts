import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Submission, SubmittedPatch } from '../contracts/evaluator.ts';
import type { Task } from '../contracts/task.ts';
import { seatStem } from '../records/layout.ts';
import type { StoredTrial } from '../records/read-trials.ts';
import { type SeatResult, seatsOf } from '../records/result-file.ts';

/** Statuses of a seat whose work was lost to infrastructure, and is not the agent's failure. */
const lostStatuses: readonly string[] = ['Error', 'Cancelled'];

/** Reads a stored trial's patches for evaluation, whichever form its folder has. A missing patch counts as empty. */
export async function readSubmission(trial: StoredTrial, task: Task): Promise<Submission> {
  const patches = trial.form === 'legacy' ? await legacyPatches(trial) : await resultPatches(trial);
  return {
    id: trial.id,
    task,
    setting: trial.setting,
    features: trial.features,
    patches,
    // A result that does not say so was made by a model, as far as anybody knows.
    untrusted: trial.result?.untrusted ?? true,
  };
}

async function resultPatches(trial: StoredTrial): Promise<SubmittedPatch[]> {
  const seats = Object.entries(seatsOf(trial.result ?? {}));
  return Promise.all(
    seats.map(async ([name, result]) => {
      const seat = trial.setting === 'solo' ? 'solo' : name;
      const features = result.feature_id === undefined ? trial.features : [result.feature_id];
      const patch = await bytesOf(join(trial.directory, `${seatStem({ seat, features })}.patch`));
      // The original's `Error` stands for any exception, and it evaluated the patch all the same.
      const lost = trial.result?.schema_version !== undefined && isLost(result);
      return { seat, features, patch, ...(lost ? { lost: result.error ?? result.status } : {}) };
    }),
  );
}

function isLost(result: SeatResult): boolean {
  return lostStatuses.includes(result.status);
}

async function legacyPatches(trial: StoredTrial): Promise<SubmittedPatch[]> {
  const folders = (await readdir(trial.directory)).filter((name) => /^(agent\d+|solo)$/.test(name));
  const numbered = folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return Promise.all(
    numbered.map(async (name, index) => {
      const alone = trial.setting === 'solo';
      const features = alone ? trial.features : trial.features.slice(index, index + 1);
      return {
        seat: alone ? 'solo' : `agent${index + 1}`,
        features,
        patch: await bytesOf(join(trial.directory, name, 'patch.diff')),
      };
    }),
  );
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array();
    throw error;
  }
}
