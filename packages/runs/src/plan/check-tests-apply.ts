import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildChildEnvironment, type Task } from '@cooperbench/core';
import type { Dataset } from '../dataset/discover.ts';

/**
 * Leaves out the tasks whose hidden tests do not apply to the source that the task ships as `repo/`. Asks git about all features
 * of a task at once, and about each only if that fails. Tasks without `repo/` have their source in an image: `dataset validate` checks those.
 */
export function removeInapplicableTasks(dataset: Dataset): Dataset {
  const brokenTests = dataset.tasks.flatMap((task) => {
    const reason = findInapplicableTests(task);
    return reason === undefined ? [] : [{ repo: task.repo, task: `task${task.taskId}`, reason }];
  });
  if (brokenTests.length === 0) return dataset;
  const isRight = ({ repo, taskId }: Task): boolean =>
    !brokenTests.some((task) => task.repo === repo && task.task === `task${taskId}`);
  return { ...dataset, tasks: dataset.tasks.filter(isRight), broken: [...dataset.broken, ...brokenTests] };
}

/**
 * Finds why a feature's tests do not apply, in one line that names the file. Returns undefined if all do, or it cannot be
 * said.
 */
function findInapplicableTests({ directory, features }: Task): string | undefined {
  const source = join(directory, 'repo');
  if (!existsSync(source)) return undefined;
  const testPatches = features.map((id) => resolve(directory, `feature${id}`, 'tests.patch'));
  // Git checks each file by itself.
  if (check(source, testPatches).status === 0) return undefined;
  for (const id of features) {
    const [golden, tests] = ['feature.patch', 'tests.patch'].map((name) =>
      join(directory, `feature${id}`, name),
    );
    const fault = findFault(source, [tests ?? '']);
    // Some tests change a file that the feature makes.
    if (fault !== undefined && findFault(source, [golden ?? '', tests ?? '']) !== undefined)
      return `${tests} does not apply to ${source}: ${fault}`;
  }
  return undefined;
}

/** A script may make more files than `repo/` has, so a file that is missing there proves nothing. */
const proof = /^error: (.*: (?:patch does not apply|already exists in working directory))$/m;

function findFault(source: string, patches: readonly string[]): string | undefined {
  const input = Buffer.concat(patches.filter((path) => existsSync(path)).map((path) => readFileSync(path)));
  return proof.exec(check(source, ['-'], input).stderr ?? '')?.[1];
}

function check(source: string, patches: readonly string[], input = Buffer.alloc(0)) {
  return spawnSync('git', ['apply', '--check', '--whitespace=nowarn', ...patches], {
    cwd: source,
    env: buildChildEnvironment([], {
      LC_ALL: 'C',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      // The dataset may lie in a repository, which git would apply the patch to.
      GIT_CEILING_DIRECTORIES: dirname(realpathSync(source)),
    }),
    input,
    encoding: 'utf8',
  });
}
