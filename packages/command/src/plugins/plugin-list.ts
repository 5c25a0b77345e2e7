import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ConfigError, getMessage, PluginError } from '@cooperbench/core/errors';

/** A plugin that the user installed or linked. oclif reads the list from `package.json` in the data directory. */
export interface ListedPlugin {
  readonly name: string;
  readonly type: 'user' | 'link';
  /** Absolute path of the package. */
  readonly root: string;
  /** The package that `plugins update` installs again. Absent means linked, or installed from a tarball or a directory. */
  readonly spec?: string;
  /** Its import did not end: no command imports it again, until it is installed or linked anew. */
  readonly hangs?: true;
  /** The installed plugin of the same name that a link hides. */
  readonly shadowedInstall?: ListedPlugin;
}

interface DataManifest {
  readonly oclif?: { readonly plugins?: readonly ListedPlugin[] };
}

/** Reads the list of plugins. @throws PluginError `PLUGIN_LIST` when it cannot be read. */
export function listListedPlugins(dataDir: string): readonly ListedPlugin[] {
  const file = join(dataDir, 'package.json');
  if (!existsSync(file)) return [];
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as DataManifest).oclif?.plugins ?? [];
  } catch (error) {
    throw new PluginError('PLUGIN_LIST', `${file} cannot be read: ${getMessage(error)}`, {
      hint: 'It lists the installed plugins. Fix it, or remove it and install them again.',
    });
  }
}

/** Adds plugins to the list, replacing those with the same names, and removes the names in `removedNames`. */
export async function changeList(
  dataDir: string,
  addedPlugins: readonly ListedPlugin[],
  removedNames: readonly string[] = [],
): Promise<void> {
  const { writeJson } = await import('@cooperbench/records');
  const replaced = new Set([...removedNames, ...addedPlugins.map(({ name }) => name)]);
  const otherPlugins = listListedPlugins(dataDir).filter(({ name }) => !replaced.has(name));
  const manifest = { private: true, oclif: { schema: 1, plugins: [...otherPlugins, ...addedPlugins] } };
  await writeJson(join(dataDir, 'package.json'), manifest);
}

/**
 * Returns the directory of all installations, below the data directory. Each plugin is installed into a new directory there,
 * with its own `node_modules`. A plugin is in use once the list names it, so an installation never changes existing files.
 */
export function getInstallations(dataDir: string): string {
  return join(dataDir, 'plugins');
}

/**
 * Locks the list and the installed plugins for this process. Disposing removes the directories that the list does not name.
 * @throws ConfigError `PLUGIN_LOCKED`.
 */
export async function lockPlugins(dataDir: string): Promise<AsyncDisposable> {
  const directory = getInstallations(dataDir);
  await mkdir(directory, { recursive: true });
  const { lockRun } = await import('@cooperbench/records');
  const lock = await lockRun(directory).catch((error: unknown) => {
    if (!ConfigError.is(error)) throw error;
    throw new ConfigError('PLUGIN_LOCKED', error.message, {
      hint: `Wait for it to end. If it is dead, remove ${join(directory, '.lock')}.`,
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      const roots = listListedPlugins(dataDir).flatMap(({ root, shadowedInstall }) => [
        root,
        shadowedInstall?.root ?? root,
      ]);
      for (const name of await readdir(directory)) {
        const path = join(directory, name);
        const isUsed = name.startsWith('.lock') || roots.some((root) => root.startsWith(path + sep));
        if (!isUsed) await rm(path, { recursive: true, force: true });
      }
      await lock[Symbol.asyncDispose]();
    },
  };
}
