import { join } from 'node:path';
import { readJson } from '../records/read-json.ts';
import type { DatasetSource } from '../records/run-files.ts';

/** In a dataset's folder: where its files were downloaded from. `cooperbench prepare` writes it. */
export const datasetRecordName = '.cooperbench-dataset.json';

/** Absent: not downloaded by `cooperbench prepare`, or its record cannot be read. */
export async function datasetSource(directory: string): Promise<DatasetSource | undefined> {
  const file = await readJson<DatasetSource>(join(directory, datasetRecordName)).catch(() => undefined);
  if (file?.state !== 'read') return undefined;
  const { dataset, revision, state } = file.value;
  if ([dataset, revision, state].some((field) => typeof field !== 'string')) return undefined;
  return { dataset, revision, state };
}
