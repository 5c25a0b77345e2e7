import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { cosmiconfig } from 'cosmiconfig';

export const extensions: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json', 'yaml', 'yml'];
const projectPlaces = [
  ...extensions.map((extension) => `cooperbench.config.${extension}`),
  '.cooperbenchrc',
  ...extensions.map((extension) => `.cooperbenchrc.${extension}`),
  'package.json',
];
const userPlaces = extensions.map((extension) => `config.${extension}`);

/** The project's configuration file: of the nearest folder that has one, up to the project's root. */
export async function findProjectFile(cwd: string): Promise<string | undefined> {
  for (const folder of projectFolders(cwd)) {
    const found = await findIn(folder, projectPlaces);
    if (found !== undefined) return found;
  }
  return undefined;
}

export async function findUserFile(environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { XDG_CONFIG_HOME, HOME } = environment;
  // As the specification of these folders says, a relative one is ignored.
  const base = XDG_CONFIG_HOME?.startsWith('/') ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return findIn(join(base, 'cooperbench'), userPlaces);
}

/**
 * From the working directory up to the first folder that looks like a project's root. A configuration file may be code:
 * the way up ends below the home folder, and where somebody else may write. Without a root, nothing above is looked at.
 */
export function projectFolders(cwd: string, home: string = homedir()): string[] {
  const folders: string[] = [];
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    folders.push(folder);
    if (['package.json', '.git'].some((name) => existsSync(join(folder, name)))) return folders;
    const parent = dirname(folder);
    if (parent === folder || folder === home || parent === home || !isOurs(parent)) return [resolve(cwd)];
  }
}

function isOurs(folder: string): boolean {
  const { uid, mode } = statSync(folder);
  return uid === process.getuid?.() && (mode & 0o002) === 0;
}

/** @throws ConfigError `CONFIG_TWICE`, `CONFIG_READ`. */
async function findIn(folder: string, places: readonly string[]): Promise<string | undefined> {
  const found = await explorer(places).search(folder);
  const files = places.filter((place) => place !== 'package.json' && existsSync(join(folder, place)));
  const others = files.map((place) => join(folder, place)).filter((path) => path !== found?.filepath);
  if (others.length === 0) return found?.filepath;
  if (found)
    throw new ConfigError('CONFIG_TWICE', `Two configuration files: ${found.filepath} and ${others[0]}.`, {
      hint: 'Keep one of them; one file may build on another with "extends".',
    });
  throw new ConfigError('CONFIG_READ', `The configuration file ${others[0]} cannot be read.`, {
    hint: 'Check what it is and who may read it.',
  });
}

/** cosmiconfig only finds: what a file says is read with positions, by `readConfigFile`. */
function explorer(places: readonly string[]): ReturnType<typeof cosmiconfig> {
  const there = (): object => ({ there: true });
  return cosmiconfig('cooperbench', {
    searchPlaces: [...places],
    searchStrategy: 'none',
    ignoreEmptySearchPlaces: false,
    loaders: {
      ...Object.fromEntries(extensions.map((extension) => [`.${extension}`, there])),
      '.json': (path: string, text: string) => (path.endsWith('/package.json') ? section(text) : there()),
      noExt: there,
    },
  });
}

/** A package.json that cannot be read is npm's to complain about, unless it is about us. */
function section(text: string): object {
  try {
    return Object(JSON.parse(text));
  } catch {
    return text.includes('"cooperbench":') ? { cooperbench: true } : {};
  }
}
