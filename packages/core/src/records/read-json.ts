import { readFile, rename } from 'node:fs/promises';

export type JsonFile<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'broken'; readonly reason: string }
  | { readonly state: 'read'; readonly value: T };

/** Reads a JSON object from a file that may be incomplete. @throws the file system's error when the file cannot be read. */
export async function readJson<T extends object>(path: string): Promise<JsonFile<T>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'absent' };
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return { state: 'read', value: value as T };
    return { state: 'broken', reason: 'it is not a JSON object' };
  } catch (error) {
    return { state: 'broken', reason: (error as Error).message };
  }
}

/** Renames a broken file and resolves with its new path. */
export async function keepAside(path: string): Promise<string> {
  const aside = `${path}.broken-${Date.now()}`;
  await rename(path, aside);
  return aside;
}
