import { dirname } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { checkRunFolder, existingRun, readTrials, type StoredTrial } from '@cooperbench/core/host';
import { suggest } from '@cooperbench/core/nearest';
import { readDetails } from '../trials/read-details.ts';
import { textAt } from '../trials/read-text.ts';
import { type Story, storyOf } from './story.ts';

/**
 * Reads all about one trial. `wanted` is its id, or the end of it, such as `recur_task/8/f2_f3`.
 * @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`, `UNKNOWN_TRIAL`.
 */
export async function readStory(logsDir: string, run: string, wanted: string): Promise<Story> {
  const directory = await existingRun(logsDir, run);
  await checkRunFolder(directory);
  const broken: { path: string; reason: string }[] = [];
  const trials = await readTrials(directory, (path, reason) => broken.push({ path, reason }));
  const ids = trials.map(({ id }) => id);
  const found = trials.filter(({ id }) => id === wanted || id.endsWith(`/${wanted}`));
  const [only] = found;
  if (!only) {
    const own = broken.find(({ path }) => dirname(path).endsWith(`/${wanted}`));
    if (own) {
      throw new ConfigError('UNKNOWN_TRIAL', `${own.path} cannot be read: ${own.reason}.`, {
        hint: 'Repeat the run to create it again.',
        about: wanted,
      });
    }
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has no trial "${wanted}".`, {
      hint: suggest(wanted, [...ids, ...ids.map((id) => id.slice(id.indexOf('/') + 1))]),
      about: wanted,
    });
  }
  if (found.length > 1) {
    throw new ConfigError('UNKNOWN_TRIAL', `${run} has ${found.length} trials "${wanted}".`, {
      hint: `Name one of them: ${found.map(({ id }) => id).join(', ')}.`,
      about: wanted,
    });
  }
  return storyOfTrial(run, only);
}

/** Reads all about a trial that `readTrials` found. */
export async function storyOfTrial(run: string, stored: StoredTrial): Promise<Story> {
  const details = await readDetails(stored);
  const problems = [...(stored.unusable === undefined ? [] : [stored.unusable]), ...details.problems];
  const patches = await Promise.all(
    details.seats.map(({ patch }) => textAt(patch, (path, reason) => problems.push(`${path}: ${reason}`))),
  );
  return storyOf(run, { ...details, problems }, patches);
}
