import { existsSync, readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PluginError } from '@cooperbench/core/errors';
import { importProjectFile } from './import-project-file.ts';
import { createNotBuiltError, type PluginSource } from './load.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly oclif?: { readonly hooks?: Readonly<Record<string, unknown>> };
}

type Named = NonNullable<PluginSource['named']>;

/** A package that the file `from` can import. `at` is the position of the package's name in the configuration. */
export function pluginSourceFor(name: string, from: string, at: string): PluginSource {
  const path = pathOf(name, from);
  const manifest = path === undefined ? undefined : read(path);
  if (path !== undefined && manifest) {
    const remedy = `Install another version of it in ${dirname(from)}, or remove it from "plugins".`;
    return sourceOf(name, manifest, { at, root: dirname(path) }, remedy);
  }
  const error = new PluginError('PLUGIN_MISSING', `${at}: the package ${name} is not installed.`, {
    hint: `Install it: npm install --save-dev ${name}, in ${dirname(from)}. A path starts with ./ here.`,
  });
  return refuseSource(name, error, { at, root: dirname(from) });
}

/** The package in a directory. `given` is its path in the configuration. */
export function folderOf(given: string, root: string, at: string): PluginSource {
  const manifest = read(join(root, 'package.json'));
  if (manifest?.name)
    return sourceOf(manifest.name, manifest, { at, root }, 'Fix it, or remove it from "plugins".');
  const message = `${at}: the directory ${root} has no package.json with a name.`;
  const error = new PluginError('PLUGIN_MISSING', message, {
    hint: 'Name the file of the plugin, or the directory of a package whose package.json has the oclif hook "cooperbench:plugin".',
  });
  return refuseSource(given, error, { at, root });
}

function sourceOf(
  name: string,
  { version, peerDependencies, oclif }: Manifest,
  named: Named,
  remedy: string,
): PluginSource {
  const hook = [oclif?.hooks?.['cooperbench:plugin']].flat()[0];
  const target = typeof hook === 'object' ? (hook as { target?: unknown } | null)?.target : hook;
  if (typeof target !== 'string') {
    const message = `${named.at}: the package ${name} is not a plugin of CooperBench.`;
    const hint = 'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin".';
    return refuseSource(name, new PluginError('PLUGIN_SHAPE', message, { hint }), named);
  }
  const title = `${named.at}: ${version === undefined ? name : `${name} ${version}`}`;
  const file = resolve(named.root, target);
  return {
    title,
    name,
    version,
    coreRange: peerDependencies?.['@cooperbench/core'],
    load: async () => {
      if (!existsSync(file)) throw createNotBuiltError(title, named.root, target);
      return importProjectFile(file);
    },
    remedy,
    named,
  };
}

function refuseSource(name: string, error: PluginError, named: Named): PluginSource {
  return { name, load: () => Promise.reject(error), remedy: '', named };
}

function pathOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(from));
  } catch {
    return undefined;
  }
}

function read(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
