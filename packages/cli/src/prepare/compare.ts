import { join } from 'node:path';
import { eachAtOnce } from '@cooperbench/core';
import { type Checksum, checksumsOf } from './checksums.ts';
import { isThere } from './place.ts';
import { checkPath, type WantedFile } from './wanted.ts';

/** What is to be done to a folder. */
export interface Comparison {
  readonly missing: WantedFile[];
  /** Others than wanted, and the content that may be replaced. */
  readonly outdated: { readonly file: WantedFile; readonly found: readonly Checksum[] }[];
  readonly unchanged: WantedFile[];
  /** Changed by somebody else; left as they are. */
  readonly kept: string[];
  /** This command's own that the revision does not have. */
  readonly gone: string[];
}

/** Compares a folder with the listing. `force` counts changed files as outdated. @throws ConfigError `DATASET_PATH_TAKEN`. */
export async function compare(
  root: string,
  wanted: ReadonlyMap<string, WantedFile>,
  own: ReadonlyMap<string, readonly Checksum[]>,
  { force, signal }: { readonly force: boolean; readonly signal: AbortSignal },
): Promise<Comparison> {
  const result: Comparison = { missing: [], outdated: [], unchanged: [], kept: [], gone: [] };
  const look = async (path: string): Promise<void> => {
    signal.throwIfAborted();
    checkPath(path);
    const file = wanted.get(path);
    if (!(await isThere(root, path))) {
      if (file) result.missing.push(file);
      return;
    }
    const found = await checksumsOf(join(root, path), signal);
    const ours = own.get(path)?.some((checksum) => found.includes(checksum)) === true;
    if (file && found.includes(file.checksum)) result.unchanged.push(file);
    else if (file && (ours || force)) result.outdated.push({ file, found });
    else if (file) result.kept.push(path);
    else if (ours) result.gone.push(path);
  };
  for await (const _ of eachAtOnce(new Set([...wanted.keys(), ...own.keys()]), 16, look)) {
    // Each puts itself where it belongs.
  }
  result.kept.sort();
  return result;
}
