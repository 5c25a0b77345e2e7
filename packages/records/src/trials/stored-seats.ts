import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isSeatFolder, judgedOf, originalFileStem } from '../formats/python-format.ts';
import { type SeatResult, seatsOf } from '../formats/result-file.ts';
import type { StoredTrial } from './read-trials.ts';

/** A seat of a stored trial, with the paths of its files. A file may be missing. */
export interface StoredSeat {
  readonly seat: string;
  readonly features: readonly number[];
  /** Absent: the trial has no result.json. */
  readonly result?: SeatResult;
  /** Paths of files. */
  readonly patch: string;
  readonly trajectory: string;
}

/** The seats of a stored trial in order, in every form that its folder may have. */
export async function storedSeats(trial: StoredTrial): Promise<StoredSeat[]> {
  const single = judgedOf(trial) === 'single';
  if (trial.form === 'legacy') return legacySeats(trial, single);
  return Object.entries(seatsOf(trial.result ?? {})).map(([seat, result]) => {
    const features = result.features ?? [result.feature_id ?? trial.features].flat();
    const stem = join(trial.directory, result.file_stem ?? originalFileStem(seat, features));
    return {
      seat,
      features: single && result.features === undefined ? trial.features : features,
      result,
      patch: `${stem}.patch`,
      trajectory: `${stem}_traj.json`,
    };
  });
}

async function legacySeats(trial: StoredTrial, single: boolean): Promise<StoredSeat[]> {
  const folders = (await readdir(trial.directory)).filter(isSeatFolder);
  const numbered = folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return numbered.map((name, index) => ({
    seat: single ? 'solo' : `agent${index + 1}`,
    features: single ? trial.features : trial.features.slice(index, index + 1),
    patch: join(trial.directory, name, 'patch.diff'),
    trajectory: join(trial.directory, name, 'trajectory.json'),
  }));
}
