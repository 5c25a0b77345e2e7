import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getJudged, getOriginalFileStem, isSeatFolder } from '../formats/python-format.ts';
import { buildSeats, type SeatResult } from '../formats/result-file.ts';
import type { StoredTrial } from './read-trials.ts';

/** A seat of a stored trial, with the paths of its files. A file may be missing. */
export interface StoredSeat {
  readonly seat: string;
  readonly features: readonly number[];
  /** It is absent if the trial has no result.json. */
  readonly result?: SeatResult;
  /** Paths of files. */
  readonly patch: string;
  readonly trajectory: string;
}

/** Reads the seats of a stored trial in order, in every form that its folder may have. */
export async function readStoredSeats(trial: StoredTrial): Promise<StoredSeat[]> {
  const single = getJudged(trial) === 'single';
  if (trial.form === 'legacy') return readLegacySeats(trial, single);
  return Object.entries(buildSeats(trial.result ?? {})).map(([seat, result]) => {
    const features = result.features ?? [result.feature_id ?? trial.features].flat();
    const stem = join(trial.directory, result.file_stem ?? getOriginalFileStem(seat, features));
    return {
      seat,
      features: single && result.features === undefined ? trial.features : features,
      result,
      patch: `${stem}.patch`,
      trajectory: `${stem}_traj.json`,
    };
  });
}

async function readLegacySeats(trial: StoredTrial, single: boolean): Promise<StoredSeat[]> {
  const folders = (await readdir(trial.directory)).filter(isSeatFolder);
  const numbered = folders.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  return numbered.map((name, index) => ({
    seat: single ? 'solo' : `agent${index + 1}`,
    features: single ? trial.features : trial.features.slice(index, index + 1),
    patch: join(trial.directory, name, 'patch.diff'),
    trajectory: join(trial.directory, name, 'trajectory.json'),
  }));
}
