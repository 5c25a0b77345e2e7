import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Hashes the inputs of an image's build: the paths, modes and contents of files, and the build arguments. */
export async function contextHash(
  taskDir: string,
  entries: readonly string[],
  args: Readonly<Record<string, string>>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(args));
  const add = async (path: string): Promise<void> => {
    const full = join(taskDir, path);
    const stats = await lstat(full);
    const head = `${path}\0${stats.mode & 0o170111}\0`;
    if (stats.isDirectory()) {
      hash.update(head);
      for (const name of (await readdir(full)).sort()) await add(join(path, name));
      return;
    }
    const content = stats.isSymbolicLink() ? await readlink(full) : await readFile(full);
    hash.update(`${head}${content.length}\0`).update(content);
  };
  for (const entry of entries) await add(entry);
  return hash.digest('hex');
}
