import { existsSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '@cooperbench/core/errors';
import { extensions } from './files.ts';

/**
 * Finds the file that an entry of `extends` names.
 * @param place begins error messages. @throws ConfigError `CONFIG_EXTENDS`.
 */
export function getExtendedPath(name: string, from: string, place: string): string {
  const path = /^\.{0,2}\//.test(name) ? resolve(dirname(from), name) : resolvePackage(name, from, place);
  if (!existsSync(path))
    throw new ConfigError('CONFIG_EXTENDS', `${place}the file ${path} does not exist.`, {
      hint: 'A path under "extends" is relative to the file that names it.',
    });
  const extension = extname(path).slice(1);
  if (extension !== '' && !extensions.includes(extension))
    throw new ConfigError('CONFIG_EXTENDS', `${place}the extension of ${name} is not supported.`, {
      hint: `Supported: ${extensions.map((supported) => `.${supported}`).join(', ')}.`,
    });
  return path;
}

function resolvePackage(name: string, from: string, place: string): string {
  try {
    return createRequire(from).resolve(name);
  } catch (cause) {
    if (isInstalled(name, from))
      throw new ConfigError('CONFIG_EXTENDS', `${place}the package does not export a file as "${name}".`, {
        hint: 'Its package.json must name the configuration as "main" or "exports", for example "exports": "./config.yaml".',
        cause,
      });
    throw new ConfigError('CONFIG_EXTENDS', `${place}the package "${name}" is not installed.`, {
      hint: `Install it in ${dirname(from)}, or write ./${name} for a file.`,
      cause,
    });
  }
}

function isInstalled(name: string, from: string): boolean {
  try {
    return findPackageJSON(name, pathToFileURL(from)) !== undefined;
  } catch {
    return false;
  }
}
