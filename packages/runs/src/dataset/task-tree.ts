import { type Dirent, existsSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * Checks every entry below a task's folder. Its files end up in prompts, sandboxes and images, so a link must not bring a
 * file of the host there. @throws Error that names the entry.
 */
export function checkTaskTree(directory: string): void {
  const root = realpathSync(directory);
  const check = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const fault = findFault(entry, path, root);
      if (fault !== undefined)
        throw new Error(`${printable(join(directory, path.slice(root.length)))} ${fault}`);
      if (entry.isDirectory()) check(path);
    }
  };
  check(root);
}

function findFault(entry: Dirent, path: string, root: string): string | undefined {
  if (entry.isFile() || entry.isDirectory()) return undefined;
  if (!entry.isSymbolicLink()) return 'is neither a file, a folder nor a link';
  const target = readlinkSync(path);
  const targetPath = resolve(dirname(path), target);
  const isInside = (place: string): boolean => place === root || place.startsWith(root + sep);
  if (isInside(targetPath) && (!existsSync(path) || isInside(realpathSync(path)))) return undefined;
  return `is a link to ${printable(target)}, outside of the task's folder`;
}

/** Escapes control characters. Names come from the dataset, and control characters could change a terminal. */
export function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
