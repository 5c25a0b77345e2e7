import { join } from 'node:path';
import { keepAside, readJson, writeJson } from '@cooperbench/records';
import { datasetRecordName } from '@cooperbench/runs';
import type { Checksum } from './wanted.ts';

/**
 * The file `<dataset>/.cooperbench-dataset.json`: the origin of the dataset, and the checksums of the files that `prepare`
 * wrote.
 */
export interface DatasetRecord {
  readonly schema_version: 1;
  readonly dataset: string;
  /** The commit that was downloaded. */
  readonly revision: string;
  /** The `--revision` that the user gave, such as `main`. */
  readonly asked: string;
  /** `incomplete` from before the first change until the last file is complete. */
  readonly state: 'incomplete' | 'complete';
  readonly written_at: string;
  readonly files: Readonly<Record<string, Checksum>>;
  /** Files of the revision that the user has changed here. */
  readonly kept: readonly string[];
}

const getPath = (root: string): string => join(root, datasetRecordName);

export async function readRecord(root: string): Promise<DatasetRecord | undefined> {
  const file = await readJson<DatasetRecord>(getPath(root));
  if (file.state === 'read' && typeof file.value.files === 'object') return file.value;
  if (file.state !== 'absent') await keepAside(getPath(root));
  return undefined;
}

export function writeRecord(
  root: string,
  record: Omit<DatasetRecord, 'schema_version' | 'written_at'>,
): Promise<void> {
  return writeJson(getPath(root), { schema_version: 1, written_at: new Date().toISOString(), ...record });
}
