import { listCombinations } from '../../packages/runs/dist/index.js';
import { layOutDataset } from '../../packages/testing/dist/index.js';

const features = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const ofTask = listCombinations(features, 2);
const repos = 20;

/** The subset that holds exactly the pairs asked for. */
export const subset = 'all';

/** Lays out a dataset of `count` pairs: as many tasks of ten features, 45 pairs each, as that takes. */
export async function layOutPairs(directory: string, count: number): Promise<void> {
  const tasks = Array.from({ length: Math.ceil(count / ofTask.length) }, (_, id) => ({
    repo: `bench${id % repos}_task`,
    task_id: id,
    features,
  }));
  const taskList = tasks.map(({ repo, task_id }, index) => ({
    repo,
    task_id,
    pairs: ofTask.slice(0, count - index * ofTask.length),
  }));
  await layOutDataset(directory, { tasks }, { [subset]: { name: subset, tasks: taskList } });
}
