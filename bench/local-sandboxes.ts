import { join } from 'node:path';
import { LocalBackend } from '../packages/backend-local/dist/local-backend.js';

export const sampleDataset: string = join(import.meta.dirname, '../dataset');

/** Its one task has a runner that compiles. It needs gcc and make. */
export const compiledDataset: string = join(import.meta.dirname, 'compiled-dataset');

/** Bubblewrap or nothing: plain processes would be faster than what is used. */
export function buildLocalBackend(): LocalBackend {
  return new LocalBackend({ isolation: 'bubblewrap' });
}
