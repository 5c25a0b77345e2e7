import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently } from '@cooperbench/core';
import { getTrialId } from '../formats/layout.ts';
import { getSetting, isSeatFolder } from '../formats/python-format.ts';
import type { ResultFile } from '../formats/result-file.ts';
import { readResult } from './read-result.ts';

/** A trial found on disk. */
export interface StoredTrial {
  /** `<setting>/<repo>/<task_id>/f1_f2`, whatever the folders are called; `f1_f2@2` is the pair's second repetition. */
  readonly id: string;
  readonly directory: string;
  readonly setting: string;
  readonly repo: string;
  readonly taskId: number;
  readonly features: readonly number[];
  /** Counted from 1. */
  readonly repetition: number;
  /** `legacy`: the oldest form of the Python original, with a folder for each agent and no result.json. */
  readonly form: 'result' | 'legacy';
  readonly result: Partial<ResultFile> | undefined;
  /** Why its result.json cannot be used, with the path. CooperBench leaves the file alone. */
  readonly unusable?: string;
}

/**
 * Reads every trial of a run's directory, sorted by id: our own and the Python original's, with and without the
 * `<setting>/` folder, and `<repo>/task<id>/features_<i>_<j>/agentN/`. Skips folders without a readable result. Calls
 * `onBroken` for each unreadable result.
 */
export async function readTrials(
  runDir: string,
  onBroken?: (path: string, reason: string) => void,
): Promise<StoredTrial[]> {
  const trials: StoredTrial[] = [];
  const folders = await findTrialFolders(runDir);
  const readFolder = (folder: TrialFolder): Promise<StoredTrial | undefined> => readTrial(folder, onBroken);
  for await (const trial of mapConcurrently(folders, 32, readFolder)) if (trial) trials.push(trial);
  return sortById(trials);
}

/** Sorts in place: f2 before f10. Uses one collator, because `localeCompare` with options makes one per comparison. */
export function sortById<T extends { readonly id: string }>(trials: T[]): T[] {
  const collator = new Intl.Collator('en', { numeric: true });
  return trials.sort((a, b) => collator.compare(a.id, b.id));
}

/** A folder that looks like a trial's. Nothing in it has been read. */
export interface TrialFolder {
  readonly setting: string | undefined;
  readonly repo: string;
  readonly taskId: number;
  readonly features: readonly number[];
  /** Counted from 1. */
  readonly repetition: number;
  readonly directory: string;
}

const taskFolder = /^(?:task)?(\d+)$/;

/**
 * Finds the folders of a run's directory that look like a trial's. Reads none of their files. `only`: a task, which is found
 * without a look into the folders of others.
 */
export async function findTrialFolders(
  runDir: string,
  taskOnly?: { readonly repo: string; readonly taskId: number },
): Promise<TrialFolder[]> {
  const found: TrialFolder[] = [];
  for (const top of await listFolders(runDir)) {
    const taskFolders = await listFolders(join(runDir, top));
    // A repository has tasks below it. Everything else is a setting.
    const setting = taskFolders.some((name) => taskFolder.test(name)) ? undefined : top;
    const repos =
      setting === undefined
        ? [{ repo: top, path: join(runDir, top) }]
        : taskFolders.map((repo) => ({ repo, path: join(runDir, top, repo) }));
    for (const { repo, path } of repos) {
      if (taskOnly && repo !== taskOnly.repo) continue;
      for (const task of await listFolders(path)) {
        const id = taskFolder.exec(task);
        if (!id || (taskOnly && Number(id[1]) !== taskOnly.taskId)) continue;
        for (const pair of await listFolders(join(path, task))) {
          const pairFolder = pairOf(pair);
          if (pairFolder)
            found.push({
              setting,
              repo,
              taskId: Number(id[1]),
              ...pairFolder,
              directory: join(path, task, pair),
            });
        }
      }
    }
  }
  return found;
}

/** Parses `f1_f2`, `f1_f2@3` and `features_1_2`. */
function pairOf(folder: string): Pick<TrialFolder, 'features' | 'repetition'> | undefined {
  const [, ids, repetition = '1'] = /^(f\d+(?:_f\d+)*|features_\d+(?:_\d+)*)(?:@(\d+))?$/.exec(folder) ?? [];
  if (ids === undefined) return undefined;
  const features = [...ids.matchAll(/\d+/g)].map((match) => Number(match[0])).sort((a, b) => a - b);
  return { features, repetition: Number(repetition) };
}

/** Reads one trial. Resolves with undefined when the folder has no readable result. */
export async function readTrial(
  folder: TrialFolder,
  onBroken?: (path: string, reason: string) => void,
): Promise<StoredTrial | undefined> {
  const path = join(folder.directory, 'result.json');
  const file = await readResult(folder.directory);
  if (file.state === 'broken') onBroken?.(path, file.reason);
  const result = file.state === 'read' ? file.value : undefined;
  const unusableReason = file.state === 'unusable' ? `${path} cannot be used: ${file.reason}` : undefined;
  const isResult = result !== undefined || unusableReason !== undefined;
  const seats = isResult ? [] : (await listFolders(folder.directory)).filter(isSeatFolder);
  if (!isResult && seats.length === 0) return undefined;
  const setting = folder.setting ?? result?.setting ?? getSetting(result, seats);
  const { repo, taskId, features, repetition } = folder;
  return {
    ...folder,
    setting,
    id: getTrialId(setting, { task: { repo, taskId }, features }, repetition),
    form: isResult ? 'result' : 'legacy',
    result,
    ...(unusableReason !== undefined && { unusable: unusableReason }),
  };
}

async function listFolders(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
