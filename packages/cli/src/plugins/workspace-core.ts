import { realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, sep } from 'node:path';

/**
 * Directory of `@cooperbench/core` when CooperBench runs from a clone, whose core may not be on npm; otherwise undefined.
 */
export function workspaceCore(): string | undefined {
  const directory = realpathSync(dirname(findPackageJSON('@cooperbench/core', import.meta.url) ?? ''));
  return directory.includes(`${sep}node_modules${sep}`) ? undefined : directory;
}
