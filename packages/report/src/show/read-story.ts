import { checkRunFolder, existingRun, readTrials, type StoredTrial } from '@cooperbench/records';
import { addNote, type WantedNote } from '../notes/note.ts';
import { chosenTrial } from '../trials/chosen-trial.ts';
import { readDetails } from '../trials/read-details.ts';
import { textAt } from '../trials/read-text.ts';
import { type Story, storyOf } from './story.ts';

/**
 * Reads all about one trial. `wanted` is its id, or the end of it, such as `recur_task/8/f2_f3`. `note`: adds it to the trial
 * before. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`, `UNKNOWN_TRIAL`, `NOTE`.
 */
export async function readStory(
  logsDir: string,
  run: string,
  wanted: string,
  note?: WantedNote,
): Promise<Story> {
  const directory = await existingRun(logsDir, run);
  await checkRunFolder(directory);
  const broken: { path: string; reason: string }[] = [];
  const trials = await readTrials(directory, (path, reason) => broken.push({ path, reason }));
  const stored = chosenTrial(run, trials, broken, wanted);
  if (note) await addNote(stored.directory, note);
  return storyOfTrial(run, stored);
}

/** Reads all about a trial that `readTrials` found. */
export async function storyOfTrial(run: string, stored: StoredTrial): Promise<Story> {
  const details = await readDetails(stored);
  const problems = [...details.problems];
  const patches = await Promise.all(
    details.seats.map(({ patch }) => textAt(patch, (path, reason) => problems.push(`${path}: ${reason}`))),
  );
  return storyOf(run, { ...details, problems }, patches);
}
