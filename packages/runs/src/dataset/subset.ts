import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, getMessage, type JsonSchema, listValidationMessages, suggest } from '@cooperbench/core';
import { readWholeFile } from '@cooperbench/core/host';

const maxBytes = 64 * 1024 * 1024;

/** `<dataset>/subsets/<name>.json`. Without pairs and groups: all pairs of the task. */
export interface Subset {
  readonly name: string;
  readonly description?: string;
  readonly tasks: readonly {
    readonly repo: string;
    readonly task_id: number;
    readonly pairs?: readonly (readonly number[])[];
    /** Sets of any number of features, such as `[1, 2, 3]`. */
    readonly groups?: readonly (readonly number[])[];
  }[];
}

const featureSets: JsonSchema = {
  type: 'array',
  items: { type: 'array', items: { type: 'integer' }, minItems: 2, uniqueItems: true },
};

const schema: JsonSchema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    tasks: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          repo: { type: 'string' },
          task_id: { type: 'integer' },
          pairs: featureSets,
          groups: featureSets,
        },
        required: ['repo', 'task_id'],
      },
    },
  },
  required: ['tasks'],
};

/** Lists the names of a dataset's subsets, sorted. */
export function listSubsetNames(datasetDir: string): string[] {
  const folder = join(datasetDir, 'subsets');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -5))
    .sort();
}

/** @throws ConfigError `UNKNOWN_SUBSET`, `SUBSET_INVALID`. */
export function readSubset(datasetDir: string, name: string): Subset {
  const knownNames = listSubsetNames(datasetDir);
  if (!knownNames.includes(name)) {
    throw new ConfigError(
      'UNKNOWN_SUBSET',
      `There is no subset "${name}" in ${join(datasetDir, 'subsets')}.`,
      {
        hint: suggest(name, knownNames),
        about: name,
      },
    );
  }
  const path = join(datasetDir, 'subsets', `${name}.json`);
  const createInvalidError = (reason: string): ConfigError =>
    new ConfigError('SUBSET_INVALID', `${path}: ${reason}`, {
      hint: 'Expected { name, tasks: [{ repo, task_id, pairs?, groups? }] }.',
    });
  let text: string;
  try {
    text = readWholeFile(path, { maxBytes }).toString();
  } catch (error) {
    throw createInvalidError(getMessage(error));
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw createInvalidError(`not JSON: ${getMessage(error)}`);
  }
  const problems = listValidationMessages(schema, value);
  if (problems.length > 0) throw createInvalidError(problems.join('; '));
  return { ...(value as Subset), name };
}
