import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ConfigError, PluginError } from '@cooperbench/core/errors';

/**
 * What oclif can install for what a user typed. oclif knows names and URLs. A folder or a tarball of this machine is
 * packed and kept in `dataDir`: it stays installed when the original goes, and its name and content are in the file's
 * name, by which oclif tells one from another.
 * @throws ConfigError `PLUGIN_PATH`; PluginError `PLUGIN_PACK`.
 */
export async function installable(spec: string, dataDir: string): Promise<string> {
  const path = pathIn(spec);
  if (path === undefined) return spec;
  if (!existsSync(path)) {
    throw new ConfigError('PLUGIN_PATH', `There is no ${path}.`, {
      hint: 'Name a folder with a package.json, a tarball made by npm pack, a package or a git URL.',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'cooperbench-pack-'));
  try {
    await pack(path, folder);
    const [file = ''] = await readdir(folder);
    const hash = createHash('sha256').update(await readFile(join(folder, file)));
    const kept = join(dataDir, 'packages', `${hash.digest('hex').slice(0, 12)}-${basename(file)}`);
    await mkdir(dirname(kept), { recursive: true });
    await copyFile(join(folder, file), kept);
    return `file:${kept}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As npm reads it: a path begins with a dot or a slash, or is a tarball's. */
function pathIn(spec: string): string | undefined {
  if (spec.startsWith('file://')) return fileURLToPath(spec);
  if (spec.startsWith('file:')) return resolve(spec.slice('file:'.length));
  const looksLikeOne = /^(\/|\.{1,2}(\/|$))/.test(spec) || /\.(tgz|tar\.gz|tar)$/.test(spec);
  return looksLikeOne && !/^[a-z+]+:/.test(spec) ? resolve(spec) : undefined;
}

async function pack(path: string, destination: string): Promise<void> {
  const oclifs = createRequire(import.meta.resolve('@oclif/plugin-plugins'));
  const npm = join(dirname(oclifs.resolve('npm/package.json')), 'bin/npm-cli.js');
  const words = ['pack', path, '--json', '--silent', '--pack-destination', destination];
  const child = spawn(process.execPath, [npm, ...words], {
    cwd: destination,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const code = new Promise<number | null>((done, failed) => child.once('error', failed).once('close', done));
  const [said, exit] = await Promise.all([text(child.stdout), code]);
  if (exit === 0) return;
  const reason = reasonIn(said) ?? `npm pack exited ${exit}`;
  throw new PluginError('PLUGIN_PACK', `${path} cannot be packed: ${reason}.`, {
    hint: `See what it says: npm pack ${path}`,
  });
}

/** What went wrong, of what npm printed. */
function reasonIn(said: string): string | undefined {
  try {
    const { error } = JSON.parse(said) as { error?: { summary?: string } };
    return error?.summary?.replace(/\.$/, '');
  } catch {
    return undefined;
  }
}
