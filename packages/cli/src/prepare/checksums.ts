import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** `git-sha1:<hex>`, as git names a file's content, or `sha256:<hex>`, as LFS does. */
export type Checksum = string;

/** Both checksums of a file. */
export async function checksumsOf(path: string, signal?: AbortSignal): Promise<readonly Checksum[]> {
  const { size } = await stat(path);
  const git = createHash('sha1').update(`blob ${size}\0`);
  const lfs = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) {
    git.update(chunk);
    lfs.update(chunk);
  }
  return [`git-sha1:${git.digest('hex')}`, `sha256:${lfs.digest('hex')}`];
}
