// What the files of the Python original do not say. Its `solo` has one seat, and its `coop` a seat for each feature.
import { buildSeats, type ResultFile } from './result-file.ts';

/** Returns whether another tool wrote the trial's result. The oldest form has none. */
export function isForeign({ result }: { readonly result: Partial<ResultFile> | undefined }): boolean {
  return result?.schema_version === undefined;
}

/** Returns whether a folder in a trial's folder belongs to a seat. Only the oldest form has such folders. */
export function isSeatFolder(name: string): boolean {
  return /^(agent\d+|solo)$/.test(name);
}

/** Returns the setting of a trial whose place and result do not name it. */
export function getSetting(result: Partial<ResultFile> | undefined, seatFolders: readonly string[]): string {
  return result?.agent !== undefined || seatFolders.length === 1 ? 'solo' : 'coop';
}

/** Returns how a trial's patches are judged. */
export function getJudged({
  setting,
  result,
}: {
  readonly setting: string;
  readonly result: Partial<ResultFile> | undefined;
}): NonNullable<ResultFile['judged']> {
  if (result?.judged) return result.judged;
  return setting === 'solo' || Object.keys(buildSeats(result ?? {})).length === 1 ? 'single' : 'merge';
}

/** Returns the prefix of the names of a seat's files. */
export function getOriginalFileStem(seat: string, features: readonly number[]): string {
  return seat === 'solo' ? 'solo' : `agent${features[0]}`;
}
