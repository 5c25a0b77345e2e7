import { rename } from 'node:fs/promises';
import { getMessage, type JsonSchema, listValidationMessages } from '@cooperbench/core';
import { isFileSpecificError } from '@cooperbench/core/host';
import { readText } from './read-text.ts';

export type JsonFile<T> =
  | { readonly state: 'absent' }
  /** The file cannot be opened, or another release wrote it. Only the user can decide what to do with it. */
  | { readonly state: 'unusable'; readonly reason: string }
  /** The content is not a JSON object, for example because a crash cut it off. */
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'read'; readonly value: T };

/**
 * Reads a JSON object from a file that may be incomplete.
 * @throws errors of the file system that do not concern this file alone.
 */
export async function readJson<T extends object>(path: string): Promise<JsonFile<T>> {
  let text: string;
  try {
    text = await readText(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    if (isFileSpecificError(error)) return { state: 'unusable', reason: getMessage(error) };
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { state: 'read', value: value as T };
    return { state: 'broken', reason: 'it is not a JSON object' };
  } catch (error) {
    return { state: 'broken', reason: (error as Error).message };
  }
}

/**
 * Reads a file of a run. A file of another schema version, or with a value that does not match `shape`, is unusable. Files
 * of the Python original have no version.
 */
export async function readRecord<T extends object>(path: string, shape: JsonSchema): Promise<JsonFile<T>> {
  const file = await readJson<T & { readonly schema_version?: unknown }>(path);
  if (file.state !== 'read') return file;
  const { schema_version: version } = file.value;
  if (version !== undefined && version !== 1) {
    return {
      state: 'unusable',
      reason: `found the schema_version ${JSON.stringify(version)}, expected 1: another release of CooperBench wrote it`,
    };
  }
  const [reason] = listValidationMessages(shape, file.value);
  return reason === undefined ? file : { state: 'unusable', reason };
}

/** Renames a broken file and resolves with its new path. */
export async function keepAside(path: string): Promise<string> {
  const asidePath = `${path}.broken-${Date.now()}`;
  await rename(path, asidePath);
  return asidePath;
}
