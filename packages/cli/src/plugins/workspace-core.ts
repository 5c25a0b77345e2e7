import { realpathSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, sep } from 'node:path';

/**
 * The directory of `@cooperbench/core` in a clone, whose core may not be on npm. Undefined: CooperBench is installed from
 * npm.
 */
export function workspaceCore(): string | undefined {
  const directory = realpathSync(dirname(findPackageJSON('@cooperbench/core', import.meta.url) ?? ''));
  return directory.includes(`${sep}node_modules${sep}`) ? undefined : directory;
}
