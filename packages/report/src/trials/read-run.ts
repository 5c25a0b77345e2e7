import { eachAtOnce } from '@cooperbench/core';
import { messageOf } from '@cooperbench/core/errors';
import { checkRunFolder, existingRun, readTrials, type StoredTrial, sortById } from '@cooperbench/core/host';
import { readDetails } from './read-details.ts';
import type { Trial } from './trial.ts';
import { trialOf } from './trial-figures.ts';

/** A run on disk. */
export interface Run {
  readonly name: string;
  readonly directory: string;
  readonly trials: readonly Trial[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/**
 * Reads a run: ours or the Python original's. Keeps figures, not texts: a run may have gigabytes of trajectories.
 * @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`.
 */
export async function readRun(logsDir: string, name: string): Promise<Run> {
  const directory = await existingRun(logsDir, name);
  await checkRunFolder(directory);
  const problems: string[] = [];
  const stored = await readTrials(directory, (path, reason) => problems.push(`${path}: ${reason}`));
  const trials: Trial[] = [];
  const read = async (one: StoredTrial): Promise<void> => {
    try {
      const details = await readDetails(one);
      problems.push(...details.problems);
      trials.push(trialOf(name, details));
    } catch (error) {
      // Files of other tools may have any shape. One of them must not hide the others.
      problems.push(`${one.directory}: ${messageOf(error)}`);
    }
  };
  for await (const _ of eachAtOnce(stored, 4, read));
  return { name, directory, trials: sortById(trials), problems: problems.sort() };
}
