import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { mapConcurrently } from '@cooperbench/core';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { makeFolder, notARun } from '@cooperbench/records';
import type { Documents } from '../data/documents.ts';
import { type PairDocument, type RunDocument, type RunsDocument, urls } from '../data/model.ts';
import { type AppFile, mapAppFiles } from '../server/app-files.ts';

/** A finished export. */
export interface ExportResult {
  /** Absolute. Its index.html opens in a browser as a file, or from any web server. */
  readonly directory: string;
  readonly runs: number;
  readonly trials: number;
  /** The size of all files. */
  readonly bytes: number;
}

/** How far an export is. Runs and trials count from 1. */
export interface ExportProgress {
  readonly run: number;
  readonly runs: number;
  /** Trials of this run that are written. */
  readonly written: number;
  readonly trials: number;
}

export interface ExportOptions {
  /** Default: the page of this package. */
  readonly page?: ReadonlyMap<string, AppFile>;
  readonly onProgress?: (progress: ExportProgress) => void;
}

const compress = promisify(deflateRaw);

/** More than one, because most of the time goes into waiting for files. `Documents` keeps as many trials in memory. */
const trialsAtOnce = 4;

/**
 * Writes the page, and every document that it can ask for, into a directory that does not exist or is empty. In a log
 * directory, an export is not listed as a run. Leaves nothing behind when it fails. @throws ConfigError `VIEW_OUT`, `VIEW_PAGE`, and what making a document throws.
 */
export async function exportRuns(
  documents: Documents,
  outputDir: string,
  signal: AbortSignal,
  { page, onProgress }: ExportOptions = {},
): Promise<ExportResult> {
  const directory = resolve(outputDir);
  await refuseFull(directory);
  const staging = join(dirname(directory), `.${randomBytes(6).toString('hex')}.export`);
  const counts = { runs: 0, trials: 0, bytes: 0 };
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    const file = join(staging, path);
    try {
      await makeFolder(dirname(file));
      await writeFile(file, content);
    } catch (error) {
      throw createUnwritableError(directory, error);
    }
    counts.bytes += Buffer.byteLength(content);
  };
  const add = async <T>(url: string): Promise<T> => {
    const { json } = await documents.make(url);
    const packed = (await compress(json)).toString('base64');
    await write(`${url}.js`, `cooperbench(${JSON.stringify(url)}, "${packed}")\n`);
    return JSON.parse(json);
  };
  try {
    await write(notARun, '');
    for (const [path, { content }] of page ?? (await mapAppFiles()))
      await write(path, path === 'index.html' ? formatExportedPage(content.toString()) : content);
    const { runs } = await add<RunsDocument>(urls.runs);
    const names = runs.filter(({ problem }) => problem === null).map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      const { pairs } = await add<RunDocument>(urls.run(name));
      await add(urls.report(name));
      const progress = { run: index + 1, runs: names.length, trials: pairs.length };
      let writtenCount = 0;
      onProgress?.({ ...progress, written: writtenCount });
      for await (const _ of mapConcurrently(pairs, trialsAtOnce, ({ id }) => addTrial(name, id, add))) {
        writtenCount += 1;
        onProgress?.({ ...progress, written: writtenCount });
      }
      counts.runs += 1;
      counts.trials += pairs.length;
    }
    await rmdir(directory).catch(() => {});
    await rename(staging, directory).catch((error: unknown) => {
      throw createUnwritableError(directory, error);
    });
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
  return { directory, ...counts };
}

async function addTrial(run: string, trial: string, add: <T>(url: string) => Promise<T>): Promise<void> {
  const { lanes } = await add<PairDocument>(urls.pair(run, trial));
  await add(urls.diffs(run, trial));
  await add(urls.tests(run, trial));
  for (const { seat, trajectory } of lanes)
    for (const index of trajectory.slices.keys()) await add(urls.slice(run, trial, seat, index));
}

async function refuseFull(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ConfigError('VIEW_OUT', `${directory} cannot be used: ${error.message}`, {
      hint: 'Check --out.',
    });
  });
  if (names.length === 0) return;
  throw new ConfigError('VIEW_OUT', `${directory} is not empty.`, {
    hint: 'Name a directory that does not exist, or remove what is in it.',
  });
}

function createUnwritableError(directory: string, cause: unknown): ConfigError {
  return new ConfigError('VIEW_OUT', `${directory} cannot be written: ${getMessage(cause)}`, {
    hint: 'Check --out.',
    cause,
  });
}

/** A page from `file:` has no headers, so it states its own policy. It gets its documents by script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types cooperbench',
].join('; ');

function formatExportedPage(page: string): string {
  return page
    .replace('data-source="server"', 'data-source="export"')
    .replace('<head>', `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}">`);
}
