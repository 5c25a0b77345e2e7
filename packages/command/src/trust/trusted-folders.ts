import { mkdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Returns the file with the real paths of the folders that the user trusts, in the data directory. */
function getTrustFile(dataDir: string): string {
  return join(dataDir, 'trusted-folders.json');
}

/** Returns whether the user has trusted this folder. A folder below a trusted one is not trusted. */
export async function isTrusted(dataDir: string, folder: string): Promise<boolean> {
  return (await readTrustedFolders(dataDir)).includes(await realpath(folder));
}

/** Remembers that the user trusts this folder, even when its files change. */
export async function rememberTrust(dataDir: string, folder: string): Promise<void> {
  const { writeJson } = await import('@cooperbench/records');
  const folders = new Set([...(await readTrustedFolders(dataDir)), await realpath(folder)]);
  await mkdir(dataDir, { recursive: true });
  await writeJson(getTrustFile(dataDir), { folders: [...folders].sort() });
}

/** A file that cannot be read trusts nothing: the user is asked again. */
async function readTrustedFolders(dataDir: string): Promise<readonly string[]> {
  try {
    const { folders } = JSON.parse(await readFile(getTrustFile(dataDir), 'utf8'));
    return Array.isArray(folders) ? folders : [];
  } catch {
    return [];
  }
}
