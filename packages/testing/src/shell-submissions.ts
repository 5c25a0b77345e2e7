import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Submission } from '@cooperbench/core';
import { discover } from '@cooperbench/runs';

/**
 * Returns the golden patches of the task of `shellTask`, as a pair submits them and as one agent does. Every hidden test
 * passes with them.
 */
export function shellSubmissions(dataset: string): readonly Submission[] {
  const [task] = discover(dataset).tasks;
  if (!task) throw new Error(`${dataset} has no task.`);
  const { features } = task;
  const patchOf = (feature: number): Buffer =>
    readFileSync(join(task.directory, `feature${feature}/feature.patch`));
  const common = { task, features, untrusted: false } as const;
  return [
    {
      ...common,
      ...{ id: 'coop/shell_task/1/f1_f2', setting: 'coop', judged: 'merge' },
      patches: features.map((feature, index) => ({
        seat: `agent${index + 1}`,
        features: [feature],
        patch: patchOf(feature),
      })),
    },
    {
      ...common,
      ...{ id: 'solo/shell_task/1/f1_f2', setting: 'solo', judged: 'single' },
      patches: [{ seat: 'solo', features, patch: Buffer.concat(features.map(patchOf)) }],
    },
  ];
}
