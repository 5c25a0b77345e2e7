import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PluginError } from '@cooperbench/core/errors';

/** A plugin that the user installed or linked. oclif reads the list from `package.json` in the data directory. */
export interface ListedPlugin {
  readonly name: string;
  readonly type: 'user' | 'link';
  /** Absolute path of the package. */
  readonly root: string;
  /** The package that `plugins update` installs again. Absent: linked, or installed from a tarball or a directory. */
  readonly spec?: string;
  /** Its import did not end: no command imports it again, until it is installed or linked anew. */
  readonly hangs?: true;
  /** The installed plugin of the same name that a link hides. */
  readonly covers?: ListedPlugin;
}

interface DataManifest {
  readonly oclif?: { readonly plugins?: readonly ListedPlugin[] };
}

/** Reads the list of plugins. @throws PluginError `PLUGIN_LIST` when it cannot be read. */
export function listedPlugins(dataDir: string): readonly ListedPlugin[] {
  const file = join(dataDir, 'package.json');
  if (!existsSync(file)) return [];
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as DataManifest).oclif?.plugins ?? [];
  } catch (error) {
    throw new PluginError('PLUGIN_LIST', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'It lists the installed plugins. Fix it, or remove it and install them again.',
    });
  }
}

/** Adds plugins to the list, replacing those with the same names, and removes the names in `gone`. */
export async function changeList(
  dataDir: string,
  added: readonly ListedPlugin[],
  gone: readonly string[] = [],
): Promise<void> {
  const { writeJson } = await import('@cooperbench/core/host');
  const replaced = new Set([...gone, ...added.map(({ name }) => name)]);
  const others = listedPlugins(dataDir).filter(({ name }) => !replaced.has(name));
  const manifest = { private: true, oclif: { schema: 1, plugins: [...others, ...added] } };
  await writeJson(join(dataDir, 'package.json'), manifest);
}
