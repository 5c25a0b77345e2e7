import { lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import {
  checkRunFolder,
  existingRun,
  findTrialFolders,
  isInUse,
  readTrial,
  type StoredTrial,
} from '@cooperbench/records';
import { readEvents } from '@cooperbench/report';
import { findFileStats } from './file-stats.ts';

/** A trial in the folder of a run. `running`: it has no result yet, and a process works on it. */
export interface FoundTrial {
  readonly stored: StoredTrial;
  readonly running: boolean;
}

type TrialName = Pick<StoredTrial, 'repo' | 'taskId' | 'features' | 'repetition'>;

/** Returns the folder of a run, which is a folder itself. @throws ConfigError `UNKNOWN_RUN`, `RUN_NAME`, `RUN_FOLDER`. */
export async function runFolder(logsDir: string, run: string): Promise<string> {
  const directory = await existingRun(logsDir, run);
  await refuseLinks(logsDir, directory);
  return directory;
}

/**
 * Finds trials of a run by id and checks their folders. A trial that runs again while it has a result is found once, with
 * its result. @throws ConfigError `UNKNOWN_TRIAL`, `RUN_FOLDER`.
 */
export async function findTrial(runDir: string, id: string): Promise<FoundTrial> {
  const [, repo = '', taskId] = /^[^/]*\/([^/]+)\/(\d+)\//.exec(id) ?? [];
  const folders = await findTrialFolders(runDir, { repo, taskId: Number(taskId) });
  // The folders say all of the id but, in the original's layout, the setting.
  const end = id.slice(id.indexOf('/'));
  for (const folder of folders.filter((candidate) => `/${getTail(candidate)}` === end)) {
    await checkTrial(runDir, folder.directory);
    const storedTrial = await readTrial(folder);
    if (storedTrial?.id === id) return { stored: storedTrial, running: false };
  }
  const running = (await readRunningTrials(runDir)).find((storedTrial) => storedTrial.id === id);
  if (running) {
    await checkTrial(runDir, running.directory);
    return { stored: running, running: true };
  }
  throw new ConfigError('UNKNOWN_TRIAL', `This run has no trial "${id}".`, { about: id });
}

function getTail({ repo, taskId, features, repetition }: TrialName): string {
  const pair = features.map((feature) => `f${feature}`).join('_');
  return `${repo}/${taskId}/${pair}${repetition === 1 ? '' : `@${repetition}`}`;
}

/** Reads the other trials of the same pair. */
export async function readSiblings(
  runDir: string,
  { id, ...trial }: StoredTrial,
  onBroken: (path: string, reason: string) => void,
): Promise<StoredTrial[]> {
  const pair = getTail({ ...trial, repetition: 1 });
  const allFolders = await findTrialFolders(runDir, trial);
  const folders = allFolders.filter((trialFolder) => getTail({ ...trialFolder, repetition: 1 }) === pair);
  const trials: StoredTrial[] = [];
  for (const folder of folders) {
    await checkTrial(runDir, folder.directory);
    const storedTrial = await readTrial(folder, onBroken);
    if (storedTrial && storedTrial.id !== id) trials.push(storedTrial);
  }
  return trials;
}

/** Trials that a process works on. @throws ConfigError `RUN_FOLDER`. */
export async function readRunningTrials(runDir: string): Promise<StoredTrial[]> {
  const trials: StoredTrial[] = [];
  for (const directory of await readRunningFolders(runDir)) {
    const storedTrial = await findRunningTrial(runDir, directory);
    if (storedTrial) trials.push(storedTrial);
  }
  return trials;
}

/** Where a running trial, whose folder this is, writes what only its process needs. */
export function getScratchFolder(directory: string): string {
  return directory.replace(/\.running$/, '.scratch.running');
}

/** Folders that end in `.running`. Returns an empty list when no process uses the run. @throws ConfigError `RUN_FOLDER`. */
export async function readRunningFolders(runDir: string): Promise<string[]> {
  findFileStats(join(runDir, '.lock'));
  if (!(await isInUse(runDir))) return [];
  let level = [runDir];
  for (let depth = 0; depth < 4; depth += 1) level = (await Promise.all(level.map(readFoldersIn))).flat();
  return level.filter((directory) => directory.endsWith('.running'));
}

async function findRunningTrial(runDir: string, directory: string): Promise<StoredTrial | undefined> {
  const [setting = '', repo = '', task = '', folder = ''] = relative(runDir, directory).split(sep);
  const [, pair, ids, repetition = '1'] = /^((f\d+(?:_f\d+)*)(?:@(\d+))?)\.running$/.exec(folder) ?? [];
  if (pair === undefined || ids === undefined || !/^\d+$/.test(task)) return undefined;
  for (const name of ['events.jsonl', 'eval.json']) findFileStats(join(directory, name));
  const events = await readEvents(directory);
  const started = events.find((event) => event.type === 'trial_started');
  const seats = (started?.seats ?? []).map(({ seat, features }) => [seat, { features }]);
  return {
    id: `${setting}/${repo}/${task}/${pair}`,
    directory,
    setting,
    repo,
    taskId: Number(task),
    features: [...ids.matchAll(/\d+/g)].map((match) => Number(match[0])),
    repetition: Number(repetition),
    form: 'result',
    result: {
      agents: Object.fromEntries(seats),
      ...(started !== undefined && { started_at: started.time }),
    },
  };
}

async function readFoldersIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
  } catch (error) {
    // The folder of a trial moves to its final place when the trial ends.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Checks the folder of one trial, those above it, and all in it: no links. A check of the whole run would take seconds. */
async function checkTrial(runDir: string, directory: string): Promise<void> {
  await refuseLinks(runDir, directory);
  await checkRunFolder(directory);
}

/** Refuses a folder that is a link, or is reached through one below `root`. @throws ConfigError `RUN_FOLDER`. */
async function refuseLinks(root: string, directory: string): Promise<void> {
  let path = root;
  for (const name of relative(root, directory).split(sep)) {
    path = join(path, name);
    if ((await lstat(path)).isDirectory()) continue;
    throw new ConfigError('RUN_FOLDER', `${path} is not a folder.`, {
      hint: "A run's folder holds only files and folders. Remove it, or put a copy of what it names in its place.",
    });
  }
}
