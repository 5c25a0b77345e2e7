import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** Writes a file whole or not at all. A reader sees the old content or the new, even after a power failure. */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = getTemporaryPath(path);
  try {
    await writeNew(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes a value as indented JSON with a final newline, like `writeAtomic`. */
export function writeJson(path: string, value: unknown): Promise<void> {
  return writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Returns a new path beside a file. `removeTemporaries` removes what a killed process leaves there. */
export function getTemporaryPath(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.tmp`;
}

/** Creates a file, and its folder if necessary, and waits until the disk has its content. @throws `EEXIST` when the file exists. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  await using file = await createFile(path);
  await file.writeFile(content);
  await file.sync();
}

/** Waits until the disk has the names in a folder. Does nothing where the file system cannot do that for folders. */
export async function syncFolder(path: string): Promise<void> {
  try {
    await using folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    const unsupported = ['EACCES', 'EINVAL', 'EISDIR', 'ENOTSUP', 'EPERM'];
    if (!unsupported.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

async function createFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return await open(path, 'wx');
  }
}
