import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { ConfigError, messageOf } from '@cooperbench/core/errors';
import { readWholeFile } from '@cooperbench/core/read-file';
import { cosmiconfig } from 'cosmiconfig';
import type { ConfigSource } from './configuration.ts';

export const extensions: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'];
const projectPlaces = [
  ...extensions.map((extension) => `cooperbench.config.${extension}`),
  '.cooperbenchrc',
  ...extensions.map((extension) => `.cooperbenchrc.${extension}`),
  'package.json',
];
const userPlaces = extensions.map((extension) => `config.${extension}`);

const maxBytes = 16 * 1024 * 1024;

/** Reads the project's configuration file. Searches from the working directory up to the project's root. */
export async function readProjectFile(cwd: string): Promise<ConfigSource | undefined> {
  for (const directory of projectDirectories(cwd)) {
    const source = await readIn(directory, projectPlaces, { cwd, owner: 'project' });
    if (source !== undefined) return source;
  }
  return undefined;
}

/** Reads the user's own configuration file. */
export async function readUserFile(
  environment: NodeJS.ProcessEnv,
  cwd: string,
): Promise<ConfigSource | undefined> {
  return readIn(userDirectory(environment), userPlaces, { cwd, owner: 'user' });
}

/** The directory of the user's own configuration file. */
export function userDirectory({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string {
  // The XDG specification ignores a relative directory.
  const base = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return join(base, 'cooperbench');
}

type Reading = Pick<ConfigSource, 'owner'> & { readonly cwd: string };

/** Reads a configuration file. @throws ConfigError `CONFIG_READ`, `CONFIG_SYNTAX`, `CONFIG_LOAD`. */
export async function readConfigFile(path: string, reading: Reading): Promise<ConfigSource> {
  try {
    // cosmiconfig would wait for a pipe.
    readWholeFile(path, { maxBytes });
    const found = await explorer([], reading).load(path);
    return found?.config ?? emptyFile(path, reading);
  } catch (error) {
    if (ConfigError.is(error)) throw error;
    throw unreadable(shortName(path, reading.cwd), error);
  }
}

/**
 * The directories from the working directory up to the first one that looks like a project's root. A configuration file may
 * be code, so the list never contains the home directory or a directory where others may write. Without a root, it contains
 * only the working directory.
 */
export function projectDirectories(cwd: string, home: string = homedir()): string[] {
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
  const below = relative(cwd, path);
  return below.startsWith('..') ? path : below;
}

/** Reads the configuration file in a directory. @throws ConfigError `CONFIG_TWICE`; the errors of `readConfigFile`. */
async function readIn(
  directory: string,
  places: readonly string[],
  reading: Reading,
): Promise<ConfigSource | undefined> {
  const paths = places
    .filter((place) => place !== 'package.json')
    .map((place) => join(directory, place))
    .filter(isThere);
  const [first, second] = paths;
  const manifest = statSync(join(directory, 'package.json'), { throwIfNoEntry: false });
  const section =
    places.includes('package.json') && manifest?.isFile()
      ? ((await explorer(['package.json'], reading).search(directory))?.config as ConfigSource | undefined)
      : undefined;
  if (first === undefined) return section;
  const other =
    second ?? (section && !isEmpty(section) ? `the key "cooperbench" in ${section.path}` : undefined);
  if (other !== undefined)
    throw new ConfigError('CONFIG_TWICE', `There are two configuration files: ${first} and ${other}.`, {
      hint: 'Keep one of them. One file may build on another with "extends".',
    });
  // Loads the file by its path, because cosmiconfig's search ignores files that it cannot read.
  return readConfigFile(first, reading);
}

/** True for a loop of links, so that reading it says what it is. `config gcp` may create what a link names. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

function isEmpty({ value }: ConfigSource): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function explorer(places: readonly string[], reading: Reading): ReturnType<typeof cosmiconfig> {
  const read = (path: string, text: string): Promise<ConfigSource> => sourceOf(path, text, reading);
  return cosmiconfig('cooperbench', {
    searchPlaces: [...places],
    searchStrategy: 'none',
    cache: false,
    loaders: {
      ...Object.fromEntries(extensions.map((extension) => [`.${extension}`, read])),
      noExt: read,
      '.json': async (path: string, text: string) => {
        if (basename(path) !== 'package.json') return read(path, text);
        return hasSection(text) ? { cooperbench: await read(path, text) } : {};
      },
    },
  });
}

/** A broken package.json matters only if it configures CooperBench. Otherwise npm reports it. */
function hasSection(text: string): boolean {
  try {
    return 'cooperbench' in Object(JSON.parse(text));
  } catch {
    return text.includes('"cooperbench":');
  }
}

/** Parses a file. Loads a parser only when it is needed. */
async function sourceOf(path: string, text: string, { cwd, owner }: Reading): Promise<ConfigSource> {
  const name = shortName(path, cwd);
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (/^\.[mc]?[jt]s$/.test(extname(path))) {
    const { readModule } = await import('./module.ts');
    return { path, name, owner, sha256, value: await readModule(path, name), at: () => name };
  }
  const { readDocument } = await import('./document.ts');
  return { path, name, owner, sha256, ...readDocument(path, name, text) };
}

/** The content of an empty file. cosmiconfig does not pass it to a loader. */
function emptyFile(path: string, { cwd, owner }: Reading): ConfigSource {
  const name = shortName(path, cwd);
  const sha256 = createHash('sha256').digest('hex');
  return { path, name, owner, sha256, value: {}, at: () => name };
}

function unreadable(name: string, cause: unknown): ConfigError {
  return new ConfigError(
    'CONFIG_READ',
    `The configuration file ${name} cannot be read: ${messageOf(cause)}`,
    {
      hint: 'Check that it is a file and that you may read it.',
      cause,
    },
  );
}
