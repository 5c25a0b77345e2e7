import { join } from 'node:path';
import { type DatasetSource, readJson } from '@cooperbench/records';

/** The file in a dataset's folder that records where its files were downloaded from. `cooperbench prepare` writes it. */
export const datasetRecordName = '.cooperbench-dataset.json';

/** Returns undefined if `cooperbench prepare` did not download the dataset, or the record is not readable. */
export async function findDatasetSource(directory: string): Promise<DatasetSource | undefined> {
  const file = await readJson<DatasetSource>(join(directory, datasetRecordName)).catch(() => undefined);
  if (file?.state !== 'read') return undefined;
  const { dataset, revision, state } = file.value;
  if ([dataset, revision, state].some((field) => typeof field !== 'string')) return undefined;
  return { dataset, revision, state };
}
