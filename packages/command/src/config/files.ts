import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { readWholeFile } from '@cooperbench/core/read-file';
import type { AllowCode, ConfigSource } from './configuration.ts';

export const extensions: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'];
const projectPlaces = [
  ...extensions.map((extension) => `cooperbench.config.${extension}`),
  '.cooperbenchrc',
  ...extensions.map((extension) => `.cooperbenchrc.${extension}`),
];
const userPlaces = extensions.map((extension) => `config.${extension}`);

const maxBytes = 16 * 1024 * 1024;

/**
 * Reads the project's configuration file. Searches from the working directory up to the project's root. Returns undefined if
 * there is none, or it is code that may not run.
 */
export async function readProjectFile(cwd: string, allowCode?: AllowCode): Promise<ConfigSource | undefined> {
  for (const directory of listProjectDirectories(cwd)) {
    const path = findFileIn(directory, projectPlaces, findManifestIn(directory));
    if (path !== undefined)
      return readConfigFile(path, { cwd, owner: 'project', folder: directory, allowCode });
  }
  return undefined;
}

/** Reads the user's own configuration file. */
export async function readUserFile(
  environment: NodeJS.ProcessEnv,
  cwd: string,
): Promise<ConfigSource | undefined> {
  const folder = getUserDirectory(environment);
  const path = findFileIn(folder, userPlaces);
  return path === undefined ? undefined : readConfigFile(path, { cwd, owner: 'user', folder });
}

/** Returns the directory of the user's own configuration file. */
export function getUserDirectory({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string {
  // The XDG specification ignores a relative directory.
  const base = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return join(base, 'cooperbench');
}

type Reading = Pick<ConfigSource, 'owner' | 'folder'> & {
  readonly cwd: string;
  readonly allowCode?: AllowCode | undefined;
};

/**
 * Reads a configuration file. Loads a parser only when it is needed. Returns undefined if it is code of the project that may
 * not run. @throws ConfigError `CONFIG_READ`, `CONFIG_SYNTAX`, `CONFIG_LOAD`.
 */
export async function readConfigFile(
  path: string,
  { cwd, owner, folder, allowCode }: Reading,
): Promise<ConfigSource | undefined> {
  const name = shortName(path, cwd);
  const text = getText(path, name);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const source = { path, name, owner, folder, sha256 };
  if (text.trim() === '') return { ...source, value: {}, at: () => name };
  if (/^\.[mc]?[jt]s$/.test(extname(path))) {
    const code = { kind: 'configuration', folder, names: [name] } as const;
    if (owner === 'project' && allowCode && !(await allowCode(code))) return undefined;
    const { readModule } = await import('./module.ts');
    return { ...source, value: await readModule(path, name), at: () => name };
  }
  const { readDocument } = await import('./document.ts');
  return { ...source, ...readDocument(path, name, text) };
}

/**
 * Lists the directories from the working directory up to the first one that looks like a project's root. A configuration file
 * may be code, so the list never contains the home directory or a directory where others may write. Without a root, it
 * contains only the working directory.
 */
export function listProjectDirectories(cwd: string, home: string = homedir()): string[] {
  const directories: string[] = [];
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    directories.push(directory);
    if (['package.json', '.git'].some((name) => existsSync(join(directory, name)))) return directories;
    const parent = dirname(directory);
    if (parent === directory || directory === home || parent === home || !isOurs(parent))
      return [resolve(cwd)];
  }
}

function isOurs(directory: string): boolean {
  const { uid, mode } = statSync(directory);
  return uid === process.getuid?.() && (mode & 0o002) === 0;
}

export function shortName(path: string, cwd: string): string {
  const relativePath = relative(cwd, path);
  return relativePath.startsWith('..') ? path : relativePath;
}

/** A `package.json` with the key `cooperbench`. */
interface Manifest {
  readonly path: string;
  readonly isEmpty: boolean;
}

/** Finds the configuration file in a directory. @throws ConfigError `CONFIG_TWICE`. */
function findFileIn(directory: string, places: readonly string[], manifest?: Manifest): string | undefined {
  const [first, second] = places.map((place) => join(directory, place)).filter(fileExists);
  if (first === undefined) return manifest?.path;
  const secondFile =
    second ?? (manifest && !manifest.isEmpty ? `the key "cooperbench" in ${manifest.path}` : undefined);
  if (secondFile === undefined) return first;
  throw new ConfigError('CONFIG_TWICE', `There are two configuration files: ${first} and ${secondFile}.`, {
    hint: 'Keep one of them. One file may build on another with "extends".',
  });
}

/** A broken package.json matters only if it configures CooperBench. Otherwise npm reports it. */
function findManifestIn(directory: string): Manifest | undefined {
  const path = join(directory, 'package.json');
  const manifest = statSync(path, { throwIfNoEntry: false });
  const text = manifest?.isFile() ? readFileSync(path, 'utf8') : '';
  try {
    const { cooperbench } = Object(JSON.parse(text));
    const isEmpty = typeof cooperbench === 'object' && Object.keys(cooperbench ?? {}).length === 0;
    return cooperbench === undefined ? undefined : { path, isEmpty };
  } catch {
    return text.includes('"cooperbench":') ? { path, isEmpty: false } : undefined;
  }
}

/** Returns the text of a configuration file. @throws ConfigError `CONFIG_READ`. */
function getText(path: string, name: string): string {
  try {
    return readWholeFile(path, { maxBytes }).toString();
  } catch (cause) {
    throw createUnreadableError(name, cause);
  }
}

/**
 * Returns true for a loop of links, so that reading the file reports the loop. `config gcp` may create the file that a symbolic
 * link names.
 */
function fileExists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function createUnreadableError(name: string, cause: unknown): ConfigError {
  return new ConfigError(
    'CONFIG_READ',
    `The configuration file ${name} cannot be read: ${getMessage(cause)}`,
    {
      hint: 'Check that it is a file and that you may read it.',
      cause,
    },
  );
}
