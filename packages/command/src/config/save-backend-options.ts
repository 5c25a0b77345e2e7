import { mkdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { parseDocument } from 'yaml';
import { getUserDirectory, readUserFile } from './files.ts';

/**
 * Sets a backend's options in the user's configuration file, and removes those that are undefined. Keeps everything else in
 * it, comments too. Creates `config.yaml` when there is none. Resolves with the file's path.
 * @throws ConfigError `CONFIG_SAVE` for a file of code, or one that cannot be written.
 */
export async function saveBackendOptions(
  environment: NodeJS.ProcessEnv,
  backend: string,
  options: object,
): Promise<string> {
  const userFile = await readUserFile(environment, process.cwd());
  const path = userFile?.path ?? join(getUserDirectory(environment), 'config.yaml');
  if (!['.yaml', '.yml', '.json'].includes(extname(path)))
    throw new ConfigError('CONFIG_SAVE', `${path} is a program, which CooperBench does not change.`, {
      hint: `Write this in it under "backendOptions": ${JSON.stringify({ [backend]: options })}`,
    });
  try {
    const document = parseDocument(userFile ? await readFile(path, 'utf8') : '');
    for (const [key, value] of Object.entries(options)) {
      const place = ['backendOptions', backend, key];
      if (value !== undefined) document.setIn(place, value);
      else if (document.hasIn(place)) document.deleteIn(place);
    }
    const isJson = extname(path) === '.json';
    await replaceContent(
      path,
      isJson ? `${JSON.stringify(document.toJS(), undefined, 2)}\n` : document.toString(),
    );
  } catch (cause) {
    throw new ConfigError('CONFIG_SAVE', `${path} cannot be written: ${getMessage(cause)}`, {
      hint: 'Check that it is a file and that you may write it.',
      cause,
    });
  }
  return path;
}

/** Replaces the content of a file at once. Keeps its mode, and a symbolic link to it. */
async function replaceContent(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => resolveTarget(path));
  const mode = await stat(target).then(
    (stats) => stats.mode & 0o777,
    () => 0o600,
  );
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const temporary = `${target}.${process.pid}`;
  try {
    await writeFile(temporary, text, { mode });
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Returns the file that links name, even if it does not exist. */
async function resolveTarget(path: string, links = 40): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined) return path;
  if (links === 0) throw new Error('its symbolic links name each other');
  return resolveTarget(resolve(dirname(path), target), links - 1);
}
