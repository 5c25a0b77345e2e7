import { realpath, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, eachAtOnce } from '@cooperbench/core';
import { combinations, discover, makeFolder } from '@cooperbench/core/host';
import { type Comparison, compare } from './compare.ts';
import { download, removeParts, type Source } from './download.ts';
import type { Prepared, PrepareEvent } from './events.ts';
import { folderFailure } from './folder-failure.ts';
import { Hub } from './hub.ts';
import { type HubSettings, publicDataset } from './hub-settings.ts';
import { lockDataset } from './lock-dataset.ts';
import type { Patience } from './patience.ts';
import { pruneAbove } from './place.ts';
import { type DatasetRecord, ownContents, readRecord, writeRecord } from './record.ts';
import { type WantedFile, wantedFiles } from './wanted.ts';

export interface PrepareOptions {
  readonly hub: HubSettings;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  readonly directory: string;
  /** Replace files that were changed here. */
  readonly force: boolean;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PrepareEvent) => void;
  /** Default: 1000. */
  readonly backoffMs?: number;
}

/**
 * Makes a folder hold the public dataset at a revision. What is there with the right checksum stays, what an interrupted
 * run left is gone on with, what the user changed or added is kept. May be killed at any time and repeated.
 * @throws ConfigError and CooperBenchError `HUB_…` and `DATASET_…`; the signal's reason.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { revision: asked, onEvent } = options;
  const patience: Patience = {
    attempts: 5,
    backoffMs: options.backoffMs ?? 1000,
    signal: options.signal,
    onRetry: (reason, waitMs) => onEvent({ type: 'retry', reason, wait_seconds: waitMs / 1000 }),
  };
  const hub = new Hub(options.hub, { dataset: publicDataset, revision: asked }, patience);
  const revision = await hub.commit();
  onEvent({ type: 'resolved', dataset: publicDataset, asked, revision });
  const wanted = wantedFiles(await hub.files(revision));
  if (wanted.size === 0) {
    throw new ConfigError('HUB_REVISION', `${publicDataset} holds no task at revision "${asked}".`, {
      hint: 'Name a branch, a tag or a commit with --revision.',
    });
  }
  try {
    await makeFolder(options.directory);
    const root = await realpath(options.directory);
    const done = await update(root, wanted, { hub, commit: revision }, patience, options);
    const { tasks, broken } = discover(root);
    const result: Prepared = {
      dataset: publicDataset,
      revision,
      directory: root,
      files: wanted.size,
      ...done,
      tasks: tasks.length,
      pairs: tasks.reduce((sum, { features }) => sum + combinations(features, 2).length, 0),
      broken: broken.map(({ reason }) => reason),
    };
    onEvent({ type: 'finished', ...result });
    return result;
  } catch (error) {
    throw folderFailure(options.directory, error);
  }
}

type Done = Pick<Prepared, 'downloaded' | 'downloaded_bytes' | 'unchanged' | 'kept' | 'removed'>;

/** Downloads what is missing or outdated, and removes what the revision does not have. */
async function update(
  root: string,
  wanted: ReadonlyMap<string, WantedFile>,
  from: Pick<Source, 'hub' | 'commit'>,
  patience: Patience,
  options: PrepareOptions,
): Promise<Done> {
  const unfinished = join(root, '.cooperbench-download');
  await using _lock = await lockDataset(root, unfinished);
  const own = ownContents(await readRecord(root));
  const found = await compare(root, wanted, own, options);
  const files = [...found.missing, ...found.outdated.map(({ file }) => file)];
  options.onEvent({
    type: 'compared',
    files: wanted.size,
    unchanged: found.unchanged.length,
    to_download: files.length,
    to_download_bytes: bytesOf(files),
  });
  const record = (kept: readonly string[]): Omit<DatasetRecord, 'state'> => ({
    schema_version: 1,
    dataset: publicDataset,
    revision: from.commit,
    asked: options.revision,
    written_at: new Date().toISOString(),
    files: Object.fromEntries(
      [...wanted.values()].flatMap(({ path, checksum }) => (kept.includes(path) ? [] : [[path, checksum]])),
    ),
    kept,
  });
  await writeRecord(root, { ...record(found.kept), state: 'incomplete', before: Object.fromEntries(own) });
  const onBytes = (delta: number): void => options.onEvent({ type: 'bytes', delta });
  const changed = await downloadAll(found, { ...from, root, unfinished, onBytes }, patience, options);
  for (const path of found.gone) {
    await unlink(join(root, path));
    await pruneAbove(root, path);
  }
  const kept = [...found.kept, ...changed].sort();
  await writeRecord(root, { ...record(kept), state: 'complete' });
  await removeParts(unfinished);
  const brought = files.filter(({ path }) => !changed.includes(path));
  return {
    downloaded: brought.length,
    downloaded_bytes: bytesOf(brought),
    unchanged: found.unchanged.length,
    kept,
    removed: found.gone.sort(),
  };
}

function bytesOf(files: readonly WantedFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Resolves with the paths of files that somebody changed meanwhile. The first failure ends the others as well. */
async function downloadAll(
  { missing, outdated }: Comparison,
  source: Source,
  patience: Patience,
  { concurrency, onEvent, signal }: PrepareOptions,
): Promise<string[]> {
  const changed: string[] = [];
  const failed = new AbortController();
  const shared = { ...patience, signal: AbortSignal.any([signal, failed.signal]) };
  const work = [...missing.map((file) => ({ file, found: undefined })), ...outdated];
  const bring = async ({ file, found }: (typeof work)[number]): Promise<void> => {
    try {
      if (await download(file, found, source, shared))
        onEvent({ type: 'file', path: file.path, bytes: file.bytes });
      else changed.push(file.path);
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  for await (const _ of eachAtOnce(work, concurrency, bring)) {
    // Each says itself what it has come to.
  }
  return changed;
}
