import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const pathsByKey = new Map<string, string>();

/**
 * Returns a folder with these files and their git repository of one commit, whose folder is called `git`, so that no program
 * takes the copies for repositories. The same files have one folder, which goes with this process. Copy it, rename `git` to
 * `.git`, and run `git update-index --refresh`.
 */
export function commitFiles(files: Readonly<Record<string, string>>): string {
  const key = JSON.stringify(files);
  const cachedPath = pathsByKey.get(key);
  if (cachedPath !== undefined) return cachedPath;
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-committed-'));
  if (pathsByKey.size === 0) process.once('exit', removeAll);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const date = '2026-01-01T00:00:00Z';
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
    ...{ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  };
  const identity = ['-c', 'user.name=base', '-c', 'user.email=base@localhost'];
  const git = (...argv: string[]): Buffer =>
    execFileSync('git', [...identity, ...argv], { cwd: folder, env });
  git('init', '-q', '-b', 'main', '--template=');
  git('add', '-A');
  git('-c', 'gc.auto=0', 'commit', '-q', '--allow-empty', '-m', 'base');
  // What git's own template has, without its samples.
  for (const name of ['info', 'hooks']) mkdirSync(join(folder, '.git', name), { recursive: true });
  renameSync(join(folder, '.git'), join(folder, 'git'));
  pathsByKey.set(key, folder);
  return folder;
}

function removeAll(): void {
  for (const folder of pathsByKey.values()) rmSync(folder, { recursive: true, force: true });
}
