import { join } from 'node:path';
import { datasetRecordName, keepAside, readJson, writeJson } from '@cooperbench/core/host';
import type { Checksum } from './checksums.ts';

/** `<dataset>/.cooperbench-dataset.json`: where the folder's files come from, and what was written there. */
export interface DatasetRecord {
  readonly schema_version: 1;
  readonly dataset: string;
  /** The commit. */
  readonly revision: string;
  /** What was asked for, such as `main`. */
  readonly asked: string;
  /** `incomplete` from before the first file is written until the last is. */
  readonly state: 'incomplete' | 'complete';
  readonly written_at: string;
  readonly files: Readonly<Record<string, Checksum>>;
  /** Of the revision that are not as it has them, because they were changed here. */
  readonly kept: readonly string[];
  /** While incomplete: what earlier revisions may have left. */
  readonly before?: Readonly<Record<string, readonly Checksum[]>>;
}

const nameOf = (root: string): string => join(root, datasetRecordName);

export async function readRecord(root: string): Promise<DatasetRecord | undefined> {
  const file = await readJson<DatasetRecord>(nameOf(root));
  if (file.state === 'read' && typeof file.value.files === 'object') return file.value;
  if (file.state !== 'absent') await keepAside(nameOf(root));
  return undefined;
}

export function writeRecord(root: string, record: DatasetRecord): Promise<void> {
  return writeJson(nameOf(root), record);
}

/** By path, every content that may be this command's own. What else is found there is the user's. */
export function ownContents(record: DatasetRecord | undefined): Map<string, readonly Checksum[]> {
  const own = new Map(Object.entries(record?.before ?? {}));
  for (const [path, checksum] of Object.entries(record?.files ?? {}))
    own.set(path, [...new Set([...(own.get(path) ?? []), checksum])]);
  return own;
}
