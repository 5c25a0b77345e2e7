import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Tasks and their features, as in the index of the public dataset. */
export interface DatasetIndex {
  readonly tasks: readonly {
    readonly repo: string;
    readonly task_id: number;
    readonly features: readonly number[];
  }[];
}

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
      for (const name of ['feature.patch', 'tests.patch']) await writeFile(join(folder, name), '');
    }
    for (const name of ['setup.sh', 'run_tests.sh', 'runner.sh', 'Dockerfile'])
      await writeFile(join(task, name), '');
  }
  await mkdir(join(directory, 'subsets'), { recursive: true });
  for (const [name, subset] of Object.entries(subsets))
    await writeFile(join(directory, 'subsets', `${name}.json`), JSON.stringify(subset));
}
