import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileContent, type MergePolicy, readContent, type Submission } from '@cooperbench/core';
import { sha256 } from '../options/identity.ts';

/**
 * Hash of everything that a verdict depends on, except for the merge policy: patches, tests, references, scripts, image,
 * network and evaluator. `evaluator` says how that judges.
 */
export async function computeInputsHash(
  submission: Submission,
  evaluator: string,
  registries: readonly string[] = [],
): Promise<string> {
  const { task, features, patches, judged, lost, references } = submission;
  const hash = createHash('sha256');
  const add = (name: string, content: FileContent): void => {
    hash.update(`${name}\0${content.length}\0`);
    for (const piece of readContent(content)) hash.update(piece);
  };
  add('evaluator', evaluator);
  add('judged', JSON.stringify([features, judged, lost === undefined]));
  const { image, timeoutSeconds, protectedPaths, testPatterns = null, network = 'open' } = task;
  add('task', JSON.stringify([image, timeoutSeconds, protectedPaths, testPatterns]));
  // Verdicts from before there were policies had an open network, and stay valid.
  if (network === 'registries') add('network', JSON.stringify([network, ...registries]));
  else if (network !== 'open') add('network', network);
  for (const { seat, features: patchFeatures, patch } of patches)
    add(`${seat} ${patchFeatures.join(',')}`, patch);
  for (const id of features) {
    add(`tests ${id}`, await readFile(join(task.directory, `feature${id}`, 'tests.patch')));
    add(`reference ${id}`, JSON.stringify(references?.get(id) ?? null));
  }
  for (const name of ['setup.sh', 'run_tests.sh', 'runner.sh', 'Dockerfile'])
    add(name, await readFile(join(task.directory, name)).catch(() => ''));
  return hash.digest('hex');
}

/** Hash of what a merge policy does. */
export function computePolicyHash({ onConflict, fallback }: MergePolicy): string {
  return sha256(JSON.stringify([onConflict ?? null, fallback ?? null]));
}
