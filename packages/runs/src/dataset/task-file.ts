import {
  getMessage,
  type JsonSchema,
  listValidationMessages,
  type NetworkPolicy,
  objectSchema,
} from '@cooperbench/core';
import { readBytes } from './check-task-files.ts';

const maxBytes = 1024 * 1024;

interface TaskFile {
  readonly image?: string;
  readonly protected_paths?: readonly string[];
  readonly test_patterns?: readonly string[];
  readonly regression_tests?: readonly string[];
  readonly timeout_seconds?: number;
  readonly network?: NetworkPolicy;
  readonly cpus?: number;
  readonly memory_mib?: number;
}

/** Each path is one line, because git reads them as pathspecs from the lines of a file. */
const paths: JsonSchema = {
  type: 'array',
  items: { type: 'string', minLength: 1, pattern: '^[^\\x00-\\x1f\\x7f]*$' },
};

const schema: JsonSchema = objectSchema<TaskFile>({
  image: { type: 'string', minLength: 1 },
  protected_paths: paths,
  test_patterns: paths,
  regression_tests: { type: 'array', items: { type: 'string', minLength: 1 } },
  // A week: with all features of a task, no more than a timer of Node.js can wait.
  timeout_seconds: { type: 'integer', minimum: 1, maximum: 604_800 },
  network: { type: 'string', enum: ['open', 'registries', 'none'] },
  cpus: { type: 'number', exclusiveMinimum: 0 },
  memory_mib: { type: 'integer', minimum: 1 },
});

/** Reads a task's optional task.json. @throws Error that names the file and the wrong key. */
export function readTaskFile(path: string): TaskFile {
  const text = Buffer.from(readBytes(path, maxBytes)).toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${getMessage(error)}`);
  }
  const problems = listValidationMessages(schema, value);
  if (problems.length > 0) throw new Error(`${path}: ${problems.join('; ')}`);
  return value as TaskFile;
}
