import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';

const templates = new URL('../../templates/', import.meta.url);

/** A created task. */
export interface CreatedTask {
  /** Absolute. */
  readonly directory: string;
  /** Relative to it, sorted. Places to fill in are marked with FILL IN; the patches are empty. */
  readonly files: readonly string[];
}

/**
 * Writes the skeleton of a task with features 1 to `features` into a dataset. `dataset validate` accepts it when its blanks are
 * filled. `name` is `REPO/ID`. The folder appears complete or not at all. @throws ConfigError `DATASET_TASK`.
 */
export async function createTask(datasetDir: string, name: string, features: number): Promise<CreatedTask> {
  const [, repo, id] = /^([a-z0-9][a-z0-9_]{0,99}?)(?:_task)?\/(?:task)?(\d{1,9})$/.exec(name) ?? [];
  if (repo === undefined || id === undefined)
    throw new ConfigError('DATASET_TASK', `The task is ${JSON.stringify(name)}; expected REPO/ID.`, {
      hint: 'For example shop/1: lower-case letters, digits and underscores, then a number.',
    });
  const directory = resolve(datasetDir, `${repo}_task`, `task${id}`);
  try {
    const ofTask = await mapTemplateFiles('task');
    const ofFeature = await mapTemplateFiles('feature');
    const texts = new Map(
      [...ofTask].map(([path, text]) => [
        path,
        text.replaceAll('__image__', repo.replaceAll('_', '-')).replaceAll('__id__', id),
      ]),
    );
    for (let feature = 1; feature <= features; feature += 1)
      for (const [path, text] of ofFeature) texts.set(join(`feature${feature}`, path), text);
    await mkdir(dirname(directory), { recursive: true });
    const place = await mkdtemp(join(dirname(directory), '.create-'));
    try {
      for (const [path, text] of texts) {
        const file = join(place, 'task', path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 });
      }
      // Replaces an empty directory, and no other.
      await rename(join(place, 'task'), directory);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
    return { directory, files: [...texts.keys()].sort() };
  } catch (error) {
    throw new ConfigError(
      'DATASET_TASK',
      `The task cannot be written to ${directory}: ${getMessage(error)}`,
      {
        hint: 'Give it a number that the dataset does not have, or name another dataset with --dataset-dir.',
        cause: error,
      },
    );
  }
}

async function mapTemplateFiles(folder: string): Promise<Map<string, string>> {
  const root = new URL(`${folder}/`, templates);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const base = resolve(decodeURIComponent(root.pathname));
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return new Map(
    await Promise.all(
      files.map(async (path) => [path.slice(base.length + 1), await readFile(path, 'utf8')] as const),
    ),
  );
}
