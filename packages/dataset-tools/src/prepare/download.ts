import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CooperBenchError } from '@cooperbench/core/errors';
import { makeFolder } from '@cooperbench/records';
import { type Retries, TemporaryFailure, withRetries } from './retry.ts';
import { hashFor, type WantedFile } from './wanted.ts';

export interface Target {
  readonly root: string;
  /** Directory for unfinished files, on the file system of `root`. */
  readonly unfinished: string;
  readonly retries: Retries;
  /** Called with the number of new bytes. Negative: bytes were discarded. */
  readonly onBytes: (delta: number) => void;
}

/** Downloads a file under a temporary name and renames it once its checksum is correct. @throws `DATASET_CHECKSUM`. */
export async function download(
  file: WantedFile,
  content: () => AsyncIterable<Uint8Array>,
  { root, unfinished, retries, onBytes }: Target,
): Promise<void> {
  const part = join(unfinished, randomUUID());
  await withRetries(async () => {
    const hash = hashFor(file);
    let bytes = 0;
    const checkBytes = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of content()) {
        bytes += chunk.length;
        onBytes(chunk.length);
        // Stops here, because a hostile server could fill the disk.
        if (bytes > file.bytes) throw createMismatchError(file, `more than ${file.bytes} bytes`);
        hash.update(chunk);
        yield chunk;
      }
    };
    try {
      await pipeline(checkBytes, createWriteStream(part), { signal: retries.signal });
      if (bytes !== file.bytes) throw createMismatchError(file, `${bytes} bytes`);
      const digest = hash.digest('hex');
      if (!file.checksum.endsWith(`:${digest}`)) throw createMismatchError(file, digest);
    } catch (error) {
      onBytes(-bytes);
      throw error;
    }
  }, retries);
  const path = join(root, file.path);
  await makeFolder(dirname(path));
  await rename(part, path);
}

function createMismatchError({ path, bytes, checksum }: WantedFile, digest: string): TemporaryFailure {
  const message = `${path} does not match the listing: expected ${checksum} of ${bytes} bytes, got ${digest}.`;
  return new TemporaryFailure(
    new CooperBenchError('DATASET_CHECKSUM', message, {
      hint: 'Repeat the command later, or name another --revision. Complete files are kept.',
    }),
  );
}
