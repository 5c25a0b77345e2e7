import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '@cooperbench/core';

/** Hashes the features, patches and scripts of these tasks, so that a result names the exact dataset that it comes from. */
export function datasetRevision(tasks: readonly Task[]): string {
  const hash = createHash('sha256');
  for (const task of tasks) {
    hash.update(`${task.repo}/${task.taskId}\0${task.image}\0`);
    for (const name of ['setup.sh', 'run_tests.sh', 'runner.sh', 'task.json', 'Dockerfile'])
      add(hash, join(task.directory, name));
    for (const id of task.features) {
      for (const name of ['feature.md', 'feature.patch', 'tests.patch'])
        add(hash, join(task.directory, `feature${id}`, name));
    }
    addTree(hash, join(task.directory, 'repo'));
  }
  return hash.digest('hex').slice(0, 16);
}

function add(hash: ReturnType<typeof createHash>, path: string): void {
  if (!existsSync(path)) return;
  const content = readFileSync(path);
  hash.update(`${path.split('/').at(-1)}\0${content.length}\0`).update(content);
}

/** A link counts as its target's name. To follow two that lead upwards would not end. */
function addTree(hash: ReturnType<typeof createHash>, folder: string, subfolder = ''): void {
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    const name = `${subfolder}/${entry.name}`;
    if (entry.isDirectory()) addTree(hash, path, name);
    else hash.update(`${name}\0`);
    if (entry.isFile()) add(hash, path);
    if (entry.isSymbolicLink()) hash.update(`${readlinkSync(path)}\0`);
  }
}
