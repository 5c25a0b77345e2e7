import { PluginError } from '@cooperbench/core/errors';
import { installedVersion } from './install.ts';
import type { Npm } from './npm.ts';
import type { Listed } from './oclifs-list.ts';
import { refuseUnfit } from './refuse.ts';
import { lookUp, updatable, type Wanted } from './wanted.ts';

/** What can be had of an installed plugin. */
export interface Newer {
  readonly name: string;
  /** What is installed; undefined when it is not there, or not whole. */
  readonly was: string | undefined;
  /** Absent: the same is installed already, of what a registry has. */
  readonly wanted?: Wanted;
  /** Why that cannot be used here. */
  readonly refused?: string;
}

/** Undefined when a plugin came from a tarball or a folder, or is linked. @throws PluginError when it cannot be asked for. */
export async function newer(plugin: Listed, npm: Npm, dataDir: string): Promise<Newer | undefined> {
  const asked = updatable(plugin);
  if (asked === undefined) return undefined;
  const { name, url } = plugin;
  const was = installedVersion(name, dataDir);
  const found = await lookUp(asked, npm, dataDir);
  if (url === undefined && found.manifest.version === was) return { name, was };
  try {
    await refuseUnfit(found.manifest);
    return { name, was, wanted: { ...found, listed: plugin } };
  } catch (error) {
    if (PluginError.is(error)) return { name, was, refused: error.message };
    throw error;
  }
}
