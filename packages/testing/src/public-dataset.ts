import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import index from './dataset-index.json' with { type: 'json' };
import { formatNewFilePatch } from './shell-task.ts';

/** Tasks and their features, as in the index of the public dataset. */
export interface DatasetIndex {
  readonly tasks: readonly {
    readonly repo: string;
    readonly task_id: number;
    readonly features: readonly number[];
  }[];
}

/** The index of the public dataset: 30 tasks with 652 pairs. */
export const publicDataset: DatasetIndex = index;

/** Writes the folders and files of a dataset with these tasks, with placeholder content. */
export async function layOutDataset(
  directory: string,
  index: DatasetIndex,
  subsets: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  for (const { repo, task_id, features } of index.tasks) {
    const task = join(directory, repo, `task${task_id}`);
    for (const id of features) {
      const folder = join(task, `feature${id}`);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'feature.md'), `# Feature ${id}\n\n${'What it is to do. '.repeat(100)}\n`);
      await writeFile(join(folder, 'feature.patch'), formatNewFilePatch(`feature${id}.txt`, 'done\n'));
      await writeFile(join(folder, 'tests.patch'), formatNewFilePatch(`test${id}.txt`, 'a test\n'));
    }
    for (const name of ['setup.sh', 'run_tests.sh', 'runner.sh'])
      await writeFile(join(task, name), 'exit 1\n');
    await writeFile(join(task, 'Dockerfile'), 'FROM scratch\n');
  }
  await mkdir(join(directory, 'subsets'), { recursive: true });
  for (const [name, subset] of Object.entries(subsets))
    await writeFile(join(directory, 'subsets', `${name}.json`), JSON.stringify(subset));
}
