import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { findTrialFolders, runNames } from '@cooperbench/records';
import { findFileStats } from './file-stats.ts';
import { type FoundTrial, getScratchFolder, readRunningFolders } from './trials.ts';

/** How many files are looked at before other requests get their turn. */
const filesAtOnce = 500;

/**
 * Returns a text that changes when a document made of these files would. Computing it costs much less than the document.
 * @throws ConfigError `RUN_FOLDER` that names a link or a pipe.
 */
export async function stateOfFiles(paths: readonly string[]): Promise<string> {
  const states: string[] = [];
  for (const [index, path] of paths.entries()) {
    if (index % filesAtOnce === filesAtOnce - 1) await setImmediate();
    const stats = findFileStats(path);
    states.push(stats ? `${path} ${stats.size} ${stats.mtimeMs} ${stats.ino}` : `${path} -`);
  }
  return createHash('sha256').update(states.sort().join('\n')).digest('base64url');
}

/** Returns the state of the files of a trial, and of whether it is being evaluated. @throws as `stateOfFiles`. */
export async function stateOfTrial(runDir: string, { stored, running }: FoundTrial): Promise<string> {
  const folders = [stored.directory, ...(running ? [getScratchFolder(stored.directory)] : [])];
  const files = await Promise.all(folders.map(readFilesIn));
  return stateOfFiles([join(runDir, '.evaluating'), ...files.flat()]);
}

/** Returns the state of the files in the folder of a trial. @throws as `stateOfFiles`. */
export async function stateOfTrialFolder(directory: string): Promise<string> {
  return stateOfFiles(await readFilesIn(directory));
}

async function readFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name));
}

/** What a row in the table is made of. */
const filesOfRow = ['result.json', 'eval.json', 'analysis.json', 'notes.jsonl'];

/** Returns the state of the results of a run. @throws as `stateOfFiles`. */
export async function stateOfRun(runDir: string): Promise<string> {
  const trials = await findTrialFolders(runDir);
  const running = await readRunningFolders(runDir);
  return stateOfFiles([
    ...['.lock', '.evaluating'].map((name) => join(runDir, name)),
    ...trials.flatMap(({ directory }) => filesOfRow.map((name) => join(directory, name))),
    ...running.flatMap((directory) => [directory, join(directory, 'events.jsonl')]),
  ]);
}

/** What a row in the list of runs is made of. */
export const filesOfRun = ['config.json', 'summary.json', '.lock'];

/** Returns the state of the summaries of all runs. A run with a link among them has a row that says so. */
export async function stateOfRuns(logsDir: string): Promise<string> {
  const states: string[] = [];
  for (const name of await runNames(logsDir)) {
    const directory = join(logsDir, name);
    const files = filesOfRun.map((file) => join(directory, file));
    states.push(name, await stateOfFiles(files).catch(String));
    // The summary of a run in use is older than its trials.
    if (existsSync(join(directory, '.lock'))) states.push(await stateOfRun(directory).catch(String));
  }
  return createHash('sha256').update(states.join('\n')).digest('base64url');
}
