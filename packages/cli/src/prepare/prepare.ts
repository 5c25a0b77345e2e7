import { realpath, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, combinations, discover, eachAtOnce, lockRun, makeFolder } from '@cooperbench/core';
import { type Comparison, compare } from './compare.ts';
import { download, type Source } from './download.ts';
import type { Prepared, PrepareEvent } from './events.ts';
import { folderFailure } from './folder-failure.ts';
import { Hub } from './hub.ts';
import { type HubSettings, publicDataset } from './hub-settings.ts';
import type { Patience } from './patience.ts';
import { pruneAbove } from './place.ts';
import { type DatasetRecord, ownContents, readRecord, writeRecord } from './record.ts';
import { wantedFiles } from './wanted.ts';

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
  const bytesOf = (files: readonly { readonly bytes: number }[]): number =>
    files.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    await makeFolder(options.directory);
    const root = await realpath(options.directory);
    const unfinished = join(root, '.cooperbench-download');
    await using _lock = await lockDataset(unfinished);
    const before = await readRecord(root);
    const found = await compare(root, wanted, ownContents(before), options);
    const files = [...found.missing, ...found.outdated.map(({ file }) => file)];
    onEvent({
      type: 'compared',
      files: wanted.size,
      unchanged: found.unchanged.length,
      to_download: files.length,
      to_download_bytes: bytesOf(files),
    });
    const record: DatasetRecord = {
      schema_version: 1,
      dataset: publicDataset,
      revision,
      asked,
      state: 'incomplete',
      written_at: new Date().toISOString(),
      files: Object.fromEntries([...wanted.values()].map(({ path, checksum }) => [path, checksum])),
      kept: found.kept,
    };
    await writeRecord(root, { ...record, before: Object.fromEntries(ownContents(before)) });
    const onBytes = (delta: number): void => onEvent({ type: 'bytes', delta });
    const changed = await downloadAll(
      found,
      { hub, commit: revision, root, unfinished, onBytes },
      patience,
      options,
    );
    for (const path of found.gone) {
      await unlink(join(root, path));
      await pruneAbove(root, path);
    }
    const kept = [...found.kept, ...changed].sort();
    for (const path of kept) delete (record.files as Record<string, string>)[path];
    await writeRecord(root, { ...record, state: 'complete', written_at: new Date().toISOString(), kept });
    await rm(unfinished, { recursive: true });
    const dataset = discover(root);
    const result: Prepared = {
      dataset: publicDataset,
      revision,
      directory: root,
      files: wanted.size,
      downloaded: files.length - changed.length,
      downloaded_bytes: bytesOf(files.filter(({ path }) => !changed.includes(path))),
      unchanged: found.unchanged.length,
      kept,
      removed: found.gone,
      tasks: dataset.tasks.length,
      pairs: dataset.tasks.reduce((sum, { features }) => sum + combinations(features, 2).length, 0),
      broken: dataset.broken.map(({ reason }) => reason),
    };
    onEvent({ type: 'finished', ...result });
    return result;
  } catch (error) {
    throw folderFailure(options.directory, error);
  }
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

/** Two at once would write into the same unfinished files. */
async function lockDataset(folder: string): Promise<AsyncDisposable> {
  return lockRun(folder).catch((error: unknown) => {
    if (!ConfigError.is(error)) throw error;
    throw new ConfigError('DATASET_LOCKED', error.message, {
      hint: `Wait for it to end; if it is dead, remove ${join(folder, '.lock')}.`,
    });
  });
}
