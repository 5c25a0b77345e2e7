import { isUtf8 } from 'node:buffer';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, messageOf } from '../contracts/errors.ts';
import type { Task } from '../contracts/task.ts';
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
      hint: 'Name one with --dataset-dir, download the public one with cooperbench prepare, or install a small one: npm install @cooperbench/sample-dataset.',
      about: directory,
    });
  }
  const tasks: Task[] = [];
  const broken: { repo: string; task: string; reason: string }[] = [];
  for (const repo of folders(root).filter((name) => name.endsWith('_task'))) {
    for (const name of folders(join(root, repo)).filter((name) => name.startsWith('task'))) {
      try {
        tasks.push(readTask(root, repo, name, options));
      } catch (error) {
        broken.push({ repo: printable(repo), task: printable(name), reason: printable(messageOf(error)) });
      }
    }
  }
  if (tasks.length === 0 && broken.length === 0) {
    throw new ConfigError('DATASET_EMPTY', `The dataset directory ${root} contains no tasks.`, {
      hint: 'Tasks are folders <repo>_task/task<id>/feature<N>; name another directory with --dataset-dir.',
      about: directory,
    });
  }
  tasks.sort((a, b) => (a.repo === b.repo ? a.taskId - b.taskId : a.repo < b.repo ? -1 : 1));
  return { directory: root, tasks, broken };
}

function readTask(root: string, repo: string, name: string, options: DatasetOptions): Task {
  const directory = join(root, repo, name);
  if (printable(repo + name) !== repo + name)
    throw new Error(`${directory}: the name of a folder has a control character`);
  const taskId = idOf(name, 'task');
  if (taskId === undefined) throw new Error(`${directory}: a task's folder is named task<number>`);
  const entries = readdirSync(directory, { withFileTypes: true });
  const features = entries
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => idOf(entry.name, 'feature') ?? [])
    .sort((a, b) => a - b);
  checkTaskTree(directory);
  if (features.length === 0) throw new Error(`${directory}: it has no feature<N> folder`);
  for (const id of features) checkFeature(join(directory, `feature${id}`));
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
    network: declared.network,
  };
}

function checkFeature(folder: string): void {
  const names = readdirSync(folder);
  for (const name of ['feature.md', 'tests.patch']) {
    if (!names.includes(name)) throw new Error(`${join(folder, name)} is missing`);
  }
  if (!isUtf8(readFileSync(join(folder, 'feature.md')))) {
    throw new Error(`${join(folder, 'feature.md')} is not UTF-8 text`);
  }
}

function folders(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() ||
        (entry.isSymbolicLink() &&
          statSync(join(directory, entry.name), { throwIfNoEntry: false })?.isDirectory()),
    )
    .map((entry) => entry.name)
    .sort();
}

function idOf(name: string, prefix: string): number | undefined {
  const digits = name.startsWith(prefix) ? name.slice(prefix.length) : '';
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}
