import { existsSync, realpathSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cloneRoot } from './clone.ts';

/** The modules of the project: its plugins and configuration files, and what these import from outside of node_modules. */
const modules = new Set<string>();

/**
 * Imports a plugin or a configuration file of a project. Where it finds no `cooperbench` or `@cooperbench/…` in a node_modules, it
 * gets that of the running command, so that it needs no installation.
 */
export function importProjectFile(path: string): Promise<unknown> {
  const { href } = pathToFileURL(existsSync(path) ? realpathSync(path) : path);
  if (modules.size === 0) registerHooks({ resolve });
  modules.add(href);
  return import(href);
}

const resolve: Parameters<typeof registerHooks>[0]['resolve'] = (specifier, context, nextResolve) => {
  const { parentURL = '' } = context;
  if (!modules.has(parentURL)) return nextResolve(specifier, context);
  try {
    const resolution = nextResolve(specifier, context);
    if (resolution.url.startsWith('file:') && !resolution.url.includes('/node_modules/'))
      modules.add(resolution.url);
    return resolution;
  } catch (error) {
    const parent = findParent(specifier, error);
    if (parent === undefined) throw error;
    return nextResolve(specifier, { ...context, parentURL: parent });
  }
};

/** Finds the file from which a package of ours resolves. Returns undefined if it is not ours, or it was found. */
function findParent(specifier: string, error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  const ownSpecifier = /^(?:@cooperbench\/([a-z-]+)|cooperbench)(?:\/|$)/.exec(specifier);
  if (!ownSpecifier || (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND')) return undefined;
  const clone = cloneRoot();
  if (clone === undefined) return import.meta.url;
  // A package of the clone finds itself by its own name.
  const manifest = join(clone, 'packages', ownSpecifier[1] ?? 'cli', 'package.json');
  return existsSync(manifest) ? pathToFileURL(manifest).href : undefined;
}
