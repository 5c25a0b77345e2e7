import { realpath, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, mapConcurrently } from '@cooperbench/core';
import { lockRun, makeFolder } from '@cooperbench/records';
import { discover, listCombinations } from '@cooperbench/runs';
import { download } from './download.ts';
import type { PreparedDataset, PrepareEvent } from './events.ts';
import { Hub } from './hub.ts';
import { type HubSettings, publicDataset } from './hub-settings.ts';
import { directoryFailure, fileExists, removeFile } from './place.ts';
import { readRecord, writeRecord } from './record.ts';
import type { Retries } from './retry.ts';
import { type Checksum, checkPath, hasChecksum, mapWantedFiles, type WantedFile } from './wanted.ts';

export interface PrepareOptions {
  readonly hub: HubSettings;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  readonly directory: string;
  /** Also replaces files that the user changed. */
  readonly force: boolean;
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PrepareEvent) => void;
  /** Wait before the second attempt. Default: 1000. */
  readonly backoffMs?: number;
}

/**
 * Downloads the public dataset at a revision. Keeps existing files with the right checksum, and files that the user changed or
 * added. A killed process leaves no incomplete file under its final name. The next call continues.
 * @throws ConfigError and CooperBenchError `HUB_…` and `DATASET_…`; the signal's reason.
 */
export async function prepare(options: PrepareOptions): Promise<PreparedDataset> {
  const { revision: requestedRevision, onEvent, signal, directory } = options;
  const retries: Retries = {
    attempts: 5,
    backoffMs: options.backoffMs ?? 1000,
    signal,
    onRetry: (reason, waitMs) => onEvent({ type: 'retry', reason, wait_seconds: waitMs / 1000 }),
  };
  const hub = new Hub(options.hub, { dataset: publicDataset, revision: requestedRevision }, retries);
  const revision = await hub.commit();
  onEvent({ type: 'resolved', dataset: publicDataset, asked: requestedRevision, revision });
  const wantedByPath = mapWantedFiles(await hub.files(revision));
  if (wantedByPath.size === 0) {
    throw new ConfigError(
      'HUB_REVISION',
      `${publicDataset} has no task at revision "${requestedRevision}".`,
      {
        hint: 'Name a branch, a tag or a commit with --revision.',
      },
    );
  }
  try {
    await makeFolder(directory);
    const root = await realpath(directory);
    const changes = await update(root, wantedByPath, { hub, commit: revision, retries }, options);
    const { tasks, broken } = discover(root);
    const result: PreparedDataset = {
      dataset: publicDataset,
      revision,
      directory: root,
      files: wantedByPath.size,
      ...changes,
      tasks: tasks.length,
      pairs: tasks.reduce((sum, { features }) => sum + listCombinations(features, 2).length, 0),
      broken: broken.map(({ reason }) => reason),
    };
    onEvent({ type: 'finished', ...result });
    return result;
  } catch (error) {
    throw directoryFailure(directory, error);
  }
}

type Changes = Pick<PreparedDataset, 'downloaded' | 'downloaded_bytes' | 'unchanged' | 'kept' | 'removed'>;

interface Source {
  readonly hub: Hub;
  readonly commit: string;
  readonly retries: Retries;
}

async function update(
  root: string,
  wantedByPath: ReadonlyMap<string, WantedFile>,
  source: Source,
  options: PrepareOptions,
): Promise<Changes> {
  await using temporaryFolder = await openUnfinished(root);
  const previousRecord = await readRecord(root);
  const { missing, outdated, unchanged, kept, gone } = await compare(
    root,
    wantedByPath,
    previousRecord?.files ?? {},
    options,
  );
  const toDownload = [...missing, ...outdated];
  const bytes = toDownload.reduce((sum, file) => sum + file.bytes, 0);
  const { onEvent } = options;
  onEvent({
    type: 'compared',
    files: wantedByPath.size,
    unchanged: unchanged.length,
    to_download: toDownload.length,
    to_download_bytes: bytes,
  });
  const wantedFiles = [...wantedByPath.values()].filter(({ path }) => !kept.includes(path));
  const record = {
    dataset: publicDataset,
    revision: source.commit,
    asked: options.revision,
    files: Object.fromEntries(wantedFiles.map(({ path, checksum }) => [path, checksum])),
    kept,
  };
  // Removes old files first. After an interruption, all files here are then either new or the user's.
  if (previousRecord) await writeRecord(root, { ...previousRecord, state: 'incomplete' });
  for (const path of [...gone, ...outdated.map((file) => file.path)]) await removeFile(root, path);
  await writeRecord(root, { ...record, state: 'incomplete' });
  await downloadAll(toDownload, root, temporaryFolder.directory, source, options);
  await writeRecord(root, { ...record, state: 'complete' });
  return {
    downloaded: toDownload.length,
    downloaded_bytes: bytes,
    unchanged: unchanged.length,
    kept,
    removed: gone,
  };
}

/** Creates a directory for unfinished files that only this process uses. */
async function openUnfinished(root: string): Promise<AsyncDisposable & { readonly directory: string }> {
  const name = '.cooperbench-download';
  const path = join(root, name);
  // Throws if the path contains a symbolic link.
  await fileExists(root, `${name}/.lock`);
  const lock = await lockRun(path).catch((error: unknown) => {
    if (!ConfigError.is(error)) throw error;
    throw new ConfigError('DATASET_LOCKED', error.message, {
      hint: `Wait for it to end. If it is dead, remove ${join(path, '.lock')}.`,
    });
  });
  const directory = join(path, 'files');
  await rm(directory, { recursive: true, force: true });
  await makeFolder(directory);
  return {
    directory,
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
      await lock[Symbol.asyncDispose]();
      // Fails if another process has just locked the directory, which is then not empty.
      await rmdir(path).catch(() => {});
    },
  };
}

/** Sorts files by what has to be done with them. `own` has the checksums of files that `prepare` wrote. */
async function compare(
  root: string,
  wantedByPath: ReadonlyMap<string, WantedFile>,
  recordedChecksums: Readonly<Record<string, Checksum>>,
  { force, signal }: Pick<PrepareOptions, 'force' | 'signal'>,
) {
  const missing: WantedFile[] = [];
  const outdated: WantedFile[] = [];
  const unchanged: WantedFile[] = [];
  const keptPaths: string[] = [];
  const removedPaths: string[] = [];
  for (const path of new Set([...wantedByPath.keys(), ...Object.keys(recordedChecksums)])) {
    signal.throwIfAborted();
    checkPath(path);
    const file = wantedByPath.get(path);
    const exists = await fileExists(root, path);
    const matches = async (checksum?: Checksum): Promise<boolean> =>
      checksum !== undefined && (await hasChecksum(join(root, path), checksum));
    if (file && !exists) missing.push(file);
    else if (file && (await matches(file.checksum))) unchanged.push(file);
    else if (file && (force || (await matches(recordedChecksums[path])))) outdated.push(file);
    else if (file) keptPaths.push(path);
    else if (exists && (await matches(recordedChecksums[path]))) removedPaths.push(path);
  }
  return { missing, outdated, unchanged, kept: keptPaths.sort(), gone: removedPaths.sort() };
}

/** Downloads files. The first failure stops the other downloads. */
async function downloadAll(
  files: readonly WantedFile[],
  root: string,
  temporaryDir: string,
  { hub, commit, retries }: Source,
  { concurrency, onEvent, signal }: PrepareOptions,
): Promise<void> {
  const failureController = new AbortController();
  const sharedOptions = { ...retries, signal: AbortSignal.any([signal, failureController.signal]) };
  const onBytes = (delta: number): void => onEvent({ type: 'bytes', delta });
  const downloadFile = async (file: WantedFile): Promise<void> => {
    try {
      const content = (): AsyncIterable<Uint8Array> => hub.content(commit, file.path, sharedOptions.signal);
      await download(file, content, { root, unfinished: temporaryDir, retries: sharedOptions, onBytes });
      onEvent({ type: 'file', path: file.path, bytes: file.bytes });
    } catch (error) {
      failureController.abort();
      throw error;
    }
  };
  await Array.fromAsync(mapConcurrently(files, concurrency, downloadFile));
}
