import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CooperBenchError } from '@cooperbench/core';
import { makeFolder } from '@cooperbench/core/host';
import { type Checksum, checksumsOf } from './checksums.ts';
import type { Hub } from './hub.ts';
import { Passing, type Patience, patiently } from './patience.ts';
import { isThere } from './place.ts';
import type { WantedFile } from './wanted.ts';

/** Where and from where files come. */
export interface Source {
  readonly hub: Hub;
  readonly commit: string;
  readonly root: string;
  /** Where unfinished files are; on the file system of `root`. */
  readonly unfinished: string;
  /** How many bytes more are there; negative when some had to be thrown away. */
  readonly onBytes: (delta: number) => void;
}

/**
 * Brings one file, whole and verified, or not at all. What an earlier attempt, or an earlier process, left of it is gone
 * on with. Resolves with false when somebody changed the file meanwhile, which is then left.
 * @throws CooperBenchError `DATASET_CHECKSUM`, and what the Hub throws.
 */
export async function download(
  file: WantedFile,
  replaced: readonly Checksum[] | undefined,
  source: Source,
  patience: Patience,
): Promise<boolean> {
  const part = join(source.unfinished, partName(file));
  await patiently(() => complete(file, part, source, patience.signal), patience);
  const target = join(source.root, file.path);
  if (await isThere(source.root, file.path)) {
    const found = await checksumsOf(target);
    if (String(found) !== String(replaced)) return false;
  }
  await makeFolder(dirname(target));
  await rename(part, target);
  return true;
}

/** One attempt. Leaves the part whole and verified. */
async function complete(
  file: WantedFile,
  part: string,
  { hub, commit, onBytes }: Source,
  signal: AbortSignal,
): Promise<void> {
  let there = await sizeOf(part);
  onBytes(there);
  try {
    if (there < file.bytes || file.bytes === 0) {
      const { from, body } = await hub.content(commit, file.path, there, signal);
      onBytes(from - there);
      there = from;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of body) {
          there += chunk.length;
          onBytes(chunk.length);
          yield chunk;
          if (there > file.bytes) return;
        }
      };
      await pipeline(counted, createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }), { signal });
    }
    if (there < file.bytes) throw new Passing(mismatch(file, `${there} bytes`), 0);
    const found = await checksumsOf(part, signal);
    if (found.includes(file.checksum)) return;
    await rm(part);
    const kind = file.checksum.split(':')[0] ?? '';
    throw new Passing(mismatch(file, found.find((checksum) => checksum.startsWith(kind)) ?? ''));
  } catch (error) {
    onBytes(-there);
    throw error;
  }
}

function mismatch({ path, bytes, checksum }: WantedFile, found: string): CooperBenchError {
  return new CooperBenchError(
    'DATASET_CHECKSUM',
    `What comes for ${path} is not what the listing states: expected ${checksum} of ${bytes} bytes, found ${found}.`,
    { hint: 'Repeat the command later, or name another --revision. What has been downloaded is kept.' },
  );
}

/** The same content under another name is another download, and so is another content under the same name. */
function partName({ path, checksum }: WantedFile): string {
  return `${createHash('sha256').update(`${path}\0${checksum}`).digest('hex').slice(0, 32)}.part`;
}

/** What other revisions left unfinished. */
export async function removeParts(unfinished: string): Promise<void> {
  for (const name of await readdir(unfinished)) if (name.endsWith('.part')) await rm(join(unfinished, name));
}

async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return stats?.size ?? 0;
}
