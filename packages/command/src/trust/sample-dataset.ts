import { realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** Returns the folder of the sample dataset that is installed with this command. */
export function sampleDataset(): string {
  return dirname(createRequire(import.meta.url).resolve('@cooperbench/sample-dataset/package.json'));
}

/** Returns whether a folder is the sample dataset of this command. A copy elsewhere may have been changed. */
export async function isSampleDataset(folder: string): Promise<boolean> {
  return (await realpath(folder)) === (await realpath(sampleDataset()));
}
