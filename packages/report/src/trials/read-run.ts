import { join } from 'node:path';
import { mapConcurrently } from '@cooperbench/core';
import { getMessage } from '@cooperbench/core/errors';
import {
  buildTrialVoids,
  type ConfigFile,
  checkRunFolder,
  computeDiscardedCosts,
  configShape,
  existingRun,
  getCostOfTrial,
  type LedgerContent,
  readLedger,
  readRecord,
  readTrials,
  type StoredTrial,
  sortById,
} from '@cooperbench/records';
import { readDetails } from './read-details.ts';
import { readTrajectory } from './trajectory.ts';
import type { Trial } from './trial.ts';
import { buildTrial } from './trial-figures.ts';

/** A run on disk. */
export interface Run {
  readonly name: string;
  readonly directory: string;
  /** config.json. It is absent if the file is missing or cannot be read. */
  readonly config?: Partial<ConfigFile> | undefined;
  /** The merge policy whose verdicts the trials have. If it is absent, each trial has its first verdict. */
  readonly merge_policy?: string;
  readonly trials: readonly Trial[];
  /**
   * USD that no trial here cost, by setting: attempts that ran again, were replaced, interrupted or killed. It is null if the
   * price of an answer is not known.
   */
  readonly discarded_costs: Readonly<Record<string, number | null>>;
  /** Files that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
}

/**
 * Reads a run: ours or the Python original's. Keeps figures, not texts: a run may have gigabytes of trajectories.
 * `mergePolicy`: a trial without a verdict under this policy counts as not evaluated. By default, the first verdict of each
 * trial counts. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`.
 */
export async function readRun(logsDir: string, name: string, mergePolicy?: string): Promise<Run> {
  const directory = await existingRun(logsDir, name);
  await checkRunFolder(directory);
  const problems: string[] = [];
  const storedTrials = await readTrials(directory, (path, reason) => problems.push(`${path}: ${reason}`));
  const config = await readRecord<Partial<ConfigFile>>(join(directory, 'config.json'), configShape);
  if (config.state === 'broken' || config.state === 'unusable')
    problems.push(`${join(directory, 'config.json')}: ${config.reason}`);
  const ledger = await readLedger(directory).catch((error: unknown) => {
    problems.push(getMessage(error));
    return undefined;
  });
  const trials: Trial[] = [];
  const readStoredTrial = async (storedTrial: StoredTrial): Promise<void> => {
    try {
      const details = await readDetails(storedTrial, readTrajectory, mergePolicy);
      problems.push(...details.problems);
      trials.push(
        buildTrial(name, details, buildTrialVoids(ledger?.losses.get(storedTrial.id), storedTrial.result)),
      );
    } catch (error) {
      // Files of other tools may have any shape. One of them must not hide the others.
      problems.push(`${storedTrial.directory}: ${getMessage(error)}`);
    }
  };
  for await (const _ of mapConcurrently(storedTrials, 4, readStoredTrial));
  const discarded_costs = ledger ? findDiscardedBySetting(ledger, storedTrials) : {};
  const run = {
    ...{ name, directory, trials: sortById(trials), discarded_costs, problems: problems.sort() },
    ...(config.state === 'read' && { config: config.value }),
  };
  return mergePolicy === undefined ? run : { ...run, merge_policy: mergePolicy };
}

function findDiscardedBySetting(
  ledger: LedgerContent,
  storedTrials: readonly StoredTrial[],
): Run['discarded_costs'] {
  const discardedSpent = computeDiscardedCosts(ledger, storedTrials.map(getCostOfTrial));
  return Object.fromEntries(
    [...discardedSpent].map(([setting, { cost, known }]) => [setting, known ? cost : null]),
  );
}
