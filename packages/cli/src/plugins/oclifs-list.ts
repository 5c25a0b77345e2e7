import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PluginError } from '@cooperbench/core/errors';

/** A plugin in oclif's list of what a user installed and linked. */
export interface Listed {
  readonly name: string;
  readonly type: 'user' | 'link';
  /** Which versions were asked for, of one from a registry. */
  readonly tag?: string;
  /** Of an installed one that is not from a registry. */
  readonly url?: string;
  /** Of a linked one. */
  readonly root?: string;
  /** Ours: what was installed under the name of a linked one, and is used again without the link. */
  readonly covers?: Listed;
}

/** The package.json of the data folder: npm's dependencies and oclif's list. */
interface DataManifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly oclif?: { readonly plugins?: readonly Listed[] };
}

const nothing = { name: 'cooperbench', private: true, dependencies: {}, oclif: { schema: 1, plugins: [] } };

/** @throws PluginError `PLUGIN_LIST` when it cannot be read. */
export function listed(dataDir: string): readonly Listed[] {
  return read(dataDir).oclif?.plugins ?? [];
}

/** What npm was told to install, by name. @throws PluginError `PLUGIN_LIST`. */
export function dependencies(dataDir: string): Readonly<Record<string, string>> {
  return read(dataDir).dependencies ?? {};
}

/** Replaces what bears the names of these, or only takes it out of the list. */
export function relist(dataDir: string, plugins: readonly Listed[], gone: readonly string[] = []): void {
  const manifest = read(dataDir);
  const names = [...gone, ...plugins.map(({ name }) => name)];
  const others = (manifest.oclif?.plugins ?? []).filter(({ name }) => !names.includes(name));
  const changed = { ...manifest, oclif: { ...manifest.oclif, plugins: [...others, ...plugins] } };
  const file = fileIn(dataDir);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(changed, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function read(dataDir: string): DataManifest {
  const file = fileIn(dataDir);
  if (!existsSync(file)) return nothing;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new PluginError('PLUGIN_LIST', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'It lists the installed plugins. Mend it, or remove it and install them again.',
    });
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'package.json');
}
