import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly oclif?: { readonly plugins?: readonly { readonly name: string }[] };
}

/**
 * Adds to oclif's list the plugins that npm installed and oclif took for another: of two git URLs of one host that it
 * does not know, or of two addresses of tarballs, it finds the first.
 */
export function listUnlisted(dataDir: string): void {
  const file = join(dataDir, 'package.json');
  if (!existsSync(file)) return;
  const manifest = read(file);
  const listed = manifest.oclif?.plugins ?? [];
  const unlisted = Object.entries(manifest.dependencies ?? {}).filter(
    ([name]) => !listed.some((plugin) => plugin.name === name) && isPlugin(dataDir, name),
  );
  if (unlisted.length === 0) return;
  const plugins = [...listed, ...unlisted.map(([name, url]) => ({ name, type: 'user', url }))];
  writeFileSync(
    `${file}.new`,
    JSON.stringify({ ...manifest, oclif: { ...manifest.oclif, plugins } }, null, 2),
  );
  renameSync(`${file}.new`, file);
}

function isPlugin(dataDir: string, name: string): boolean {
  const file = join(dataDir, 'node_modules', name, 'package.json');
  return existsSync(file) && read(file).oclif !== undefined;
}

function read(file: string): Manifest {
  return JSON.parse(readFileSync(file, 'utf8'));
}
