import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkRunFolder, existingRun, readTrials } from '@cooperbench/records';
import { findChosenTrial } from '../trials/chosen-trial.ts';
import { readDetails } from '../trials/read-details.ts';
import { buildAtif } from './atif.ts';

export interface AtifExport {
  /** The files that were written. */
  readonly files: readonly string[];
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/**
 * Writes the trajectory of each seat of a run in ATIF, as `<output>/<trial>/<seat>.json`. `wanted`: only of this trial, by its id
 * or the end of it. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`, `UNKNOWN_TRIAL`; errors of the file system.
 */
export async function exportAtif(
  logsDir: string,
  run: string,
  output: string,
  trialId?: string,
): Promise<AtifExport> {
  const directory = await existingRun(logsDir, run);
  await checkRunFolder(directory);
  const brokenFiles: { path: string; reason: string }[] = [];
  const trials = await readTrials(directory, (path, reason) => brokenFiles.push({ path, reason }));
  const chosenTrials = trialId === undefined ? trials : [findChosenTrial(run, trials, brokenFiles, trialId)];
  const problems = trialId === undefined ? brokenFiles.map(({ path, reason }) => `${path}: ${reason}`) : [];
  const files: string[] = [];
  // One after another: trajectories are large.
  for (const storedTrial of chosenTrials) {
    const { seats, problems: trialProblems } = await readDetails(storedTrial);
    problems.push(...trialProblems);
    for (const { seat, result: seatResult, messages } of seats) {
      const { id: trial, result } = storedTrial;
      const trajectory = buildAtif({ run, trial, seat, result, seatResult, messages });
      if (trajectory === undefined) {
        problems.push(
          `${join(storedTrial.directory, seat)}: it has no messages, so there is nothing to export`,
        );
        continue;
      }
      const path = join(output, trial, `${seat}.json`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `${JSON.stringify(trajectory, null, 2)}\n`);
      files.push(path);
    }
  }
  return { files, problems };
}
