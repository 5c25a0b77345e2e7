import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, getMessage, type Task } from '@cooperbench/core';
import { explainSystemError } from '@cooperbench/core/host';
import { checkTaskFiles } from './check-task-files.ts';
import { readTaskFile } from './task-file.ts';
import { checkTaskTree, printable } from './task-tree.ts';

export interface DatasetOptions {
  /** Image reference of a task. `{repo}` and `{task}` are replaced. */
  readonly imagePattern?: string | undefined;
}

export interface Dataset {
  /** Absolute path. */
  readonly directory: string;
  /** Sorted by repo, then task id. */
  readonly tasks: readonly Task[];
  /** Tasks that cannot be used. Each reason is one line that names the file. */
  readonly broken: readonly { readonly repo: string; readonly task: string; readonly reason: string }[];
}

/** The image names of the public CooperBench dataset. */
const publicImagePattern = 'akhatua/cooperbench-{repo}:task{task}';

/** Finds the tasks and features in a dataset directory. @throws ConfigError `DATASET_MISSING`, `DATASET_EMPTY`. */
export function discover(directory: string, options: DatasetOptions = {}): Dataset {
  const root = resolve(directory);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new ConfigError('DATASET_MISSING', `There is no dataset directory at ${root}.`, {
      hint: 'Name one with --dataset-dir, download the public one with cooperbench prepare, or install a small one: npm install @cooperbench/sample-dataset, then --dataset-dir node_modules/@cooperbench/sample-dataset.',
      about: directory,
    });
  }
  const tasks: Task[] = [];
  const brokenTasks: { repo: string; task: string; reason: string }[] = [];
  const attempt = (repo: string, task: string, readOne: () => void): void => {
    try {
      readOne();
    } catch (error) {
      brokenTasks.push({
        repo: printable(repo),
        task: printable(task),
        reason: printable(formatReasonFor(error)),
      });
    }
  };
  for (const repo of namesIn(root, (name) => name.endsWith('_task'))) {
    attempt(repo, '*', () => {
      for (const name of namesIn(join(root, repo), isTaskName))
        attempt(repo, name, () => void tasks.push(readTask(root, repo, name, options)));
    });
  }
  if (tasks.length === 0 && brokenTasks.length === 0) {
    throw new ConfigError('DATASET_EMPTY', `The dataset directory ${root} contains no tasks.`, {
      hint: 'Tasks are folders <repo>_task/task<id>/feature<N>; name another directory with --dataset-dir.',
      about: directory,
    });
  }
  tasks.sort((a, b) => (a.repo === b.repo ? a.taskId - b.taskId : a.repo < b.repo ? -1 : 1));
  return { directory: root, tasks, broken: brokenTasks };
}

function readTask(root: string, repo: string, name: string, options: DatasetOptions): Task {
  const directory = join(root, repo, name);
  if (printable(repo + name) !== repo + name)
    throw new Error(`${directory}: the name of a folder has a control character`);
  const taskId = findIdOf(name, 'task');
  if (taskId === undefined) throw new Error(`${directory}: a task's folder is named task<number>`);
  const entries = readdirSync(directory, { withFileTypes: true });
  checkTaskTree(directory);
  const features = entries.flatMap((entry) => findFeatureId(entry, directory) ?? []).sort((a, b) => a - b);
  if (features.length === 0) throw new Error(`${directory}: it has no feature<N> folder`);
  checkTaskFiles(directory, features);
  const declared = entries.some((entry) => entry.name === 'task.json')
    ? readTaskFile(join(directory, 'task.json'))
    : {};
  const pattern = declared.image ?? options.imagePattern ?? publicImagePattern;
  return {
    repo,
    taskId,
    directory,
    features,
    image: pattern
      .replaceAll('{repo}', repo.replace(/_task$/, '').replaceAll('_', '-'))
      .replaceAll('{task}', String(taskId)),
    protectedPaths: declared.protected_paths ?? [],
    timeoutSeconds: declared.timeout_seconds ?? 600,
    testPatterns: declared.test_patterns,
    regressionTests: declared.regression_tests,
    network: declared.network,
    cpus: declared.cpus,
    memoryMiB: declared.memory_mib,
  };
}

/**
 * Finds the id of a feature's folder. Returns undefined if the entry is something else. @throws Error when it only has the
 * name of one.
 */
function findFeatureId(entry: Dirent, directory: string): number | undefined {
  const id = findIdOf(entry.name, 'feature');
  if (id === undefined || entry.isDirectory()) return id;
  const path = join(directory, entry.name);
  if (entry.isSymbolicLink() && isDirectory(path)) return undefined;
  throw new Error(`${path} is not a directory`);
}

function isTaskName(name: string, isFolder: boolean): boolean {
  return isFolder ? name.startsWith('task') : findIdOf(name, 'task') !== undefined;
}

/**
 * Returns the names in a directory that are those of folders of the dataset, sorted, whatever has the name: the reader then
 * says what.
 */
function namesIn(directory: string, isName: (name: string, isFolder: boolean) => boolean): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => {
      const isFolder =
        entry.isDirectory() || (entry.isSymbolicLink() && isDirectory(join(directory, entry.name)));
      return isName(entry.name, isFolder);
    })
    .map((entry) => entry.name)
    .sort();
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Formats the reason, with the path, as one sentence without its full stop. */
function formatReasonFor(error: unknown): string {
  return explainSystemError(error)?.text.replace(/\.$/, '') ?? getMessage(error);
}

function findIdOf(name: string, prefix: string): number | undefined {
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
