import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { ConfigError } from '@cooperbench/core/errors';
import { parseDocument } from 'yaml';
import { readUserFile, userDirectory } from './files.ts';

/**
 * Sets a backend's options in the user's configuration file and keeps everything else in it, comments too. Creates
 * `config.yaml` when there is none. Resolves with the file's path. @throws ConfigError `CONFIG_SAVE` for a file of code.
 */
export async function saveBackendOptions(
  environment: NodeJS.ProcessEnv,
  backend: string,
  options: object,
): Promise<string> {
  const found = await readUserFile(environment, process.cwd());
  const path = found?.path ?? join(userDirectory(environment), 'config.yaml');
  if (!['.yaml', '.yml', '.json'].includes(extname(path)))
    throw new ConfigError('CONFIG_SAVE', `${path} is a program, which CooperBench does not change.`, {
      hint: `Add this to it under "backends": ${JSON.stringify({ [backend]: options })}`,
    });
  const document = parseDocument(found ? await readFile(path, 'utf8') : '');
  for (const [key, value] of Object.entries(options)) document.setIn(['backends', backend, key], value);
  const json = extname(path) === '.json';
  const text = json ? `${JSON.stringify(document.toJS(), undefined, 2)}\n` : document.toString();
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
  return path;
}
