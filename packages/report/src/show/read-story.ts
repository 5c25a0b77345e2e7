import { checkRunFolder, existingRun, readTrials, type StoredTrial } from '@cooperbench/records';
import { addNote, type WantedNote } from '../notes/note.ts';
import { findChosenTrial } from '../trials/chosen-trial.ts';
import { readDetails } from '../trials/read-details.ts';
import { findTextAt } from '../trials/read-text.ts';
import { buildStory, type Story } from './story.ts';

/**
 * Reads all about one trial. `wanted` is its id, or the end of it, such as `recur_task/8/f2_f3`. `note`: adds it to the trial
 * before. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`, `UNKNOWN_TRIAL`, `NOTE`.
 */
export async function readStory(
  logsDir: string,
  run: string,
  trialId: string,
  note?: WantedNote,
): Promise<Story> {
  const directory = await existingRun(logsDir, run);
  await checkRunFolder(directory);
  const brokenFiles: { path: string; reason: string }[] = [];
  const trials = await readTrials(directory, (path, reason) => brokenFiles.push({ path, reason }));
  const storedTrial = findChosenTrial(run, trials, brokenFiles, trialId);
  if (note) await addNote(storedTrial.directory, note);
  return readStoryOfTrial(run, storedTrial);
}

/** Reads all about a trial that `readTrials` found. */
export async function readStoryOfTrial(run: string, storedTrial: StoredTrial): Promise<Story> {
  const details = await readDetails(storedTrial);
  const problems = [...details.problems];
  const patches = await Promise.all(
    details.seats.map(({ patch }) =>
      findTextAt(patch, (path, reason) => problems.push(`${path}: ${reason}`)),
    ),
  );
  return buildStory(run, { ...details, problems }, patches);
}
