import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { mapConcurrently } from '@cooperbench/core';
import { readWholeFile } from '@cooperbench/core/read-file';
import { findTrialFolders, readTrial, sortById, type TrialFolder, writeNew } from '@cooperbench/records';
import type { FoundText } from './model.ts';
import { maxTrialBytes, type PlacedText, readPlacedTexts } from './search-texts.ts';
import { stateOfTrialFolder } from './state.ts';

/** The texts of a run's trials, compressed, in the order of their ids. */
export type SearchIndex = readonly IndexedTexts[];

export interface IndexedTexts {
  /** It is empty if its result cannot be read. */
  readonly id: string;
  /** The folder of the trial within that of the run. */
  readonly folder: string;
  /** Of the trial's files when they were read. */
  readonly state: string;
  /** Texts that are not in the block, or without their ends. */
  readonly shortened: number;
  /** Files that cannot be read, each with the reason. */
  readonly problems: readonly string[];
  /** It is empty if the index has no room for it. */
  readonly block: Uint8Array;
}

/** The texts of a trial as bytes, and the byte at which each begins. */
export interface TrialTexts {
  readonly bytes: Buffer;
  readonly places: readonly (readonly [start: number, place: FoundText['place']])[];
}

const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)];
const first = 'cooperbench search index 3\n';
/** Bytes of all blocks of an index, which are in memory: agents may write any number of texts. */
export const maxIndexBytes: number = 512 * 1024 * 1024;
/** Of an index file, beside the blocks. */
const maxListBytes = 16 * 1024 * 1024;
/** Most of the time goes into compression, which runs in threads. */
const trialsAtOnce = 4;

/**
 * Reads the index of a run, with the texts of trials that changed since it was written read again. It is in `.search-index` in
 * the run's folder; where that cannot be written, it is made again in the next process.
 */
export async function readSearchIndex(
  runDir: string,
  previousIndex: SearchIndex | undefined,
  maxBytes: number = maxIndexBytes,
): Promise<SearchIndex> {
  const path = join(runDir, '.search-index');
  const textsByFolder = new Map((previousIndex ?? parseIndex(path)).map((texts) => [texts.folder, texts]));
  const folders = await findTrialFolders(runDir);
  let changedCount = 0;
  // Where trials are gone, there may be room for one that had none.
  const isSmaller = folders.length < textsByFolder.size;
  let bytes = 0;
  const readTexts = async (folder: TrialFolder): Promise<IndexedTexts | undefined> => {
    const name = folder.directory.slice(runDir.length + 1);
    const state = await stateOfTrialFolder(folder.directory);
    const previousTexts = textsByFolder.get(name);
    if (previousTexts?.state === state && (previousTexts.block.length > 0 || !isSmaller)) {
      bytes += previousTexts.block.length;
      return previousTexts;
    }
    changedCount += 1;
    const brokenFiles: string[] = [];
    const storedTrial = await readTrial(folder, (path, reason) => brokenFiles.push(`${path}: ${reason}`));
    if (storedTrial === undefined && brokenFiles.length === 0) return undefined;
    const { texts, shortened, problems } = storedTrial
      ? await readPlacedTexts(storedTrial)
      : { texts: [], shortened: 0, problems: brokenFiles };
    const block = await packTexts(texts);
    const hasRoom = bytes + block.length <= maxBytes;
    if (hasRoom) bytes += block.length;
    return {
      ...{ id: storedTrial?.id ?? '', folder: name, state, shortened, problems },
      block: hasRoom ? block : new Uint8Array(),
    };
  };
  const index: IndexedTexts[] = [];
  for await (const texts of mapConcurrently(folders, trialsAtOnce, readTexts)) if (texts) index.push(texts);
  sortById(index);
  if (changedCount > 0 || index.length !== textsByFolder.size) await writeIndex(path, index).catch(() => {});
  return index;
}

/** @throws an error when the block was not made by this module. */
export async function unpackTexts({ block }: IndexedTexts): Promise<TrialTexts> {
  const content = await decompress(block, { maxOutputLength: 2 * maxTrialBytes, chunkSize: 256 * 1024 });
  const end = content.indexOf(0x0a);
  return { places: JSON.parse(content.toString('utf8', 0, end)), bytes: content.subarray(end + 1) };
}

/** Returns one line with the places, then the texts. */
async function packTexts(texts: readonly PlacedText[]): Promise<Uint8Array> {
  let offset = 0;
  const places = texts.map(({ place, text }) => {
    const start = offset;
    offset += Buffer.byteLength(text) + 1;
    return [start, place];
  });
  const content = `${JSON.stringify(places)}\n${texts.map(({ text }) => `${text}\n`).join('')}`;
  return compress(content);
}

/** Empty when there is no index, or none that this release can read. A folder from somebody else may hold anything there. */
function parseIndex(path: string): IndexedTexts[] {
  try {
    const file = readWholeFile(path, { followLinks: false, maxBytes: maxIndexBytes + maxListBytes });
    if (file.toString('latin1', 0, first.length) !== first) return [];
    const end = file.indexOf(0x0a, first.length);
    const list = JSON.parse(file.toString('utf8', first.length, end)) as [
      string,
      string,
      string,
      number,
      readonly string[],
      number,
    ][];
    let offset = end + 1;
    return list.map(([id, folder, state, shortened, problems, bytes]) => {
      const block = file.subarray(offset, offset + bytes);
      offset += bytes;
      return { id, folder, state, shortened, problems: problems.map(String), block };
    });
  } catch {
    return [];
  }
}

async function writeIndex(path: string, index: SearchIndex): Promise<void> {
  const list = index.map(({ id, folder, state, shortened, problems, block }) => [
    ...[id, folder, state, shortened, problems, block.length],
  ]);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeNew(temporary, `${first}${JSON.stringify(list)}\n`);
    await using file = await open(temporary, 'a');
    for (const { block } of index) await file.write(block);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
