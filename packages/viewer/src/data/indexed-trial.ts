import { join } from 'node:path';
import { readDetails, startOf, type TrialDetails } from '@cooperbench/report';
import { indexTrajectory, noIndex, type TrajectoryIndex } from './trajectory-index.ts';
import { type FoundTrial, getScratchFolder } from './trials.ts';

/** The files of a trial. Of its trajectories, only the steps are in memory. */
export interface IndexedTrial {
  readonly details: TrialDetails;
  /** In the order of the seats. */
  readonly indexes: readonly TrajectoryIndex[];
  /** Where the clock begins, in unix seconds. 0: the files record no time. */
  readonly start: number;
}

export async function readIndexed({ stored, running }: FoundTrial): Promise<IndexedTrial> {
  if (running) return readGrowing(stored);
  const indexes = new Map<string, TrajectoryIndex>();
  const details = await readDetails(stored, async (path, onBroken) => {
    const index = await indexTrajectory(path);
    // Not every framework writes one.
    if (index.problem !== null && !index.isMissing) onBroken(path, index.problem);
    indexes.set(path, index);
    return index.entries.map(({ entry }) => entry);
  });
  return {
    details,
    indexes: details.seats.map(({ trajectory }) => indexes.get(trajectory) ?? noIndex),
    start: startOf(details),
  };
}

/** Reads a trial that runs. Its trajectories grow in files of their own. */
async function readGrowing(storedTrial: FoundTrial['stored']): Promise<IndexedTrial> {
  const trialDetails = await readDetails(storedTrial, async () => []);
  const problems = [...trialDetails.problems];
  const indexes = await Promise.all(
    trialDetails.seats.map(async ({ seat }) => {
      const path = join(getScratchFolder(storedTrial.directory), `${seat}.trajectory`);
      const index = await indexTrajectory(path, { isGrowing: true });
      if (index.problem !== null) problems.push(`${path}: ${index.problem}`);
      return index;
    }),
  );
  const seats = trialDetails.seats.map((seat, index) => ({
    ...seat,
    messages: indexes[index]?.entries.map(({ entry }) => entry) ?? [],
  }));
  const details = { ...trialDetails, problems, seats };
  return { details, indexes, start: startOf(details) };
}
