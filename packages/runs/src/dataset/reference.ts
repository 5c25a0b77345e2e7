import { join } from 'node:path';
import { type JsonSchema, listValidationMessages, type Reference, type Task } from '@cooperbench/core';
import { readJson, writeJson } from '@cooperbench/records';
import { datasetRevision } from './revision.ts';

const schema: JsonSchema = {
  type: 'object',
  properties: {
    schema_version: { const: 1 },
    revision: { type: 'string' },
    runner: { type: 'string' },
    count: { type: 'integer', minimum: 1 },
    tests: { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] },
  },
  required: ['schema_version', 'revision', 'runner', 'count', 'tests'],
};

/** The file `feature<N>/reference.json`. */
export interface ReferenceFile extends Reference {
  readonly schema_version: 1;
  /** Hash of the task's content with this feature alone, and of its image. */
  readonly revision: string;
  readonly runner: string;
}

export type StoredReference =
  | { readonly state: 'absent' }
  /** The task's content or its image has changed since. */
  | { readonly state: 'outdated' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'current'; readonly reference: Reference };

export function getReferencePath(task: Task, feature: number): string {
  return join(task.directory, `feature${feature}`, 'reference.json');
}

export async function readReference(task: Task, feature: number): Promise<StoredReference> {
  const file = await readJson<ReferenceFile>(getReferencePath(task, feature));
  if (file.state === 'unusable') return { state: 'broken', reason: file.reason };
  if (file.state !== 'read') return file;
  const problems = listValidationMessages(schema, file.value);
  if (problems.length > 0) return { state: 'broken', reason: problems.join('; ') };
  const { revision, count, tests } = file.value;
  if (revision !== getRevision(task, feature)) return { state: 'outdated' };
  return { state: 'current', reference: { count, tests } };
}

export async function writeReference(
  task: Task,
  feature: number,
  { runner, count, tests }: Reference & Pick<ReferenceFile, 'runner'>,
): Promise<void> {
  const revision = getRevision(task, feature);
  const file = { schema_version: 1, revision, runner, count, tests: tests && [...tests].sort() } as const;
  await writeJson(getReferencePath(task, feature), file satisfies ReferenceFile);
}

function getRevision(task: Task, feature: number): string {
  return datasetRevision([{ ...task, features: [feature] }]);
}
