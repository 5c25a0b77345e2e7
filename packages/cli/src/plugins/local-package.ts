import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConfigError, messageOf, PluginError } from '@cooperbench/core/errors';
import { maskSecrets } from '@cooperbench/core/host';
import { inASentence, manifestIn, type Npm, type NpmProblem } from './npm.ts';
import { dependencies } from './oclifs-list.ts';

/** A package that was packed to be looked at. */
export interface Packed {
  readonly manifest: object;
  readonly tarball: string;
}

/**
 * Packs a folder, a tarball, or what is behind a URL, and gives `look` what came of it, for as long as that runs.
 * @throws ConfigError `PLUGIN_PATH`; PluginError `PLUGIN_PACK`.
 */
export async function packed<T>(what: string, npm: Npm, look: (found: Packed) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cooperbench-pack-'));
  try {
    const tarball = await pack(what, npm, folder);
    return await look({ manifest: await manifestIn(tarball), tarball });
  } catch (error) {
    if (ConfigError.is(error) || PluginError.is(error)) throw error;
    throw unpackable(what, messageOf(error), error);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pack(what: string, npm: Npm, folder: string): Promise<string> {
  try {
    await npm.run('pack', what, '--pack-destination', folder);
  } catch (error) {
    throw unpackable(what, inASentence((error as Error).cause as NpmProblem), error);
  }
  const [file = ''] = await readdir(folder);
  return join(folder, file);
}

function unpackable(asked: string, reason: string, cause: unknown): PluginError {
  const what = String(maskSecrets(asked));
  return new PluginError('PLUGIN_PACK', `${what} cannot be packed: ${reason}.`, {
    hint: `See what it says: npm pack ${what}`,
    cause,
  });
}

/**
 * Keeps a tarball in the data folder, so that the plugin stays installed when the original goes. Its content is in the
 * file's name: another content is another file to npm.
 */
export async function keep(tarball: string, dataDir: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(tarball));
  const kept = join(kepts(dataDir), `${hash.digest('hex').slice(0, 12)}-${basename(tarball)}`);
  await mkdir(dirname(kept), { recursive: true });
  await copyFile(tarball, kept);
  return kept;
}

/** Removes the kept tarballs of which nothing is installed. */
export async function sweep(dataDir: string): Promise<void> {
  if (!existsSync(kepts(dataDir))) return;
  const used = Object.values(dependencies(dataDir)).map((spec) => basename(spec));
  for (const file of await readdir(kepts(dataDir)))
    if (!used.includes(file)) await rm(join(kepts(dataDir), file), { force: true });
}

function kepts(dataDir: string): string {
  return join(dataDir, 'packages');
}
