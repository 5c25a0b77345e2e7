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

type PluginDeclaration = NonNullable<PluginSource['named']>;

/** Returns a package that the file `from` can import. `at` is the position of the package's name in the configuration. */
export function resolvePluginSource(name: string, from: string, place: string): PluginSource {
  const path = findPath(name, from);
  const manifest = path === undefined ? undefined : readManifest(path);
  if (path !== undefined && manifest) {
    const remedy = `Install another version of it in ${dirname(from)}, or remove it from "plugins".`;
    return resolveSource(name, manifest, { at: place, root: dirname(path) }, remedy);
  }
  const error = new PluginError('PLUGIN_MISSING', `${place}: the package ${name} is not installed.`, {
    hint: `Install it: npm install --save-dev ${name}, in ${dirname(from)}. A path starts with ./ here.`,
  });
  return refuseSource(name, error, { at: place, root: dirname(from) });
}

/** Returns the package in a directory. `given` is its path in the configuration. */
export function resolveFolder(path: string, root: string, place: string): PluginSource {
  const manifest = readManifest(join(root, 'package.json'));
  if (manifest?.name)
    return resolveSource(
      manifest.name,
      manifest,
      { at: place, root },
      'Fix it, or remove it from "plugins".',
    );
  const message = `${place}: the directory ${root} has no package.json with a name.`;
  const error = new PluginError('PLUGIN_MISSING', message, {
    hint: 'Name the file of the plugin, or the directory of a package whose package.json has the oclif hook "cooperbench:plugin".',
  });
  return refuseSource(path, error, { at: place, root });
}

function resolveSource(
  name: string,
  { version, peerDependencies, oclif }: Manifest,
  declaration: PluginDeclaration,
  remedy: string,
): PluginSource {
  const hook = [oclif?.hooks?.['cooperbench:plugin']].flat()[0];
  const target = typeof hook === 'object' ? (hook as { target?: unknown } | null)?.target : hook;
  if (typeof target !== 'string') {
    const message = `${declaration.at}: the package ${name} is not a plugin of CooperBench.`;
    const hint = 'The package.json of a plugin names its file as the oclif hook "cooperbench:plugin".';
    return refuseSource(name, new PluginError('PLUGIN_SHAPE', message, { hint }), declaration);
  }
  const title = `${declaration.at}: ${version === undefined ? name : `${name} ${version}`}`;
  const file = resolve(declaration.root, target);
  return {
    title,
    name,
    version,
    coreRange: peerDependencies?.['@cooperbench/core'],
    load: async () => {
      if (!existsSync(file)) throw createNotBuiltError(title, declaration.root, target);
      return importProjectFile(file);
    },
    remedy,
    named: declaration,
  };
}

function refuseSource(name: string, error: PluginError, declaration: PluginDeclaration): PluginSource {
  return { name, load: () => Promise.reject(error), remedy: '', named: declaration };
}

function findPath(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(from));
  } catch {
    return undefined;
  }
}

function readManifest(path: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
