import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SandboxDriver } from '@cooperbench/backend-kit';
import { fromChildProcess, sandboxFrom } from '@cooperbench/backend-kit';
import type { Sandbox } from '@cooperbench/core';
import { commitFiles } from './committed-files.ts';

/**
 * Returns a sandbox for tests of agents and orchestration: plain processes of this machine in a temporary folder. Its git
 * repository has one commit with `files`, or comes from a task's `setup.sh`. `path` replaces the host's PATH. It isolates
 * nothing.
 */
export async function hostSandbox(
  files: Readonly<Record<string, string>> = { 'README.md': 'hello\n' },
  options: { readonly path?: string; readonly taskDir?: string; readonly name?: string } = {},
): Promise<Sandbox> {
  const root = await mkdtemp(join(tmpdir(), `cooperbench-host-${options.name ?? ''}`));
  const repoDir = join(root, 'repo');
  const env = {
    PATH: `${join(root, 'bin')}:${options.path ?? process.env.PATH}`,
    HOME: root,
    TMPDIR: join(root, 'tmp'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  };
  await Promise.all(['repo', 'bin', 'tmp', 'patches'].map((name) => mkdir(join(root, name))));
  if (options.taskDir !== undefined) {
    await promisify(execFile)('sh', [join(options.taskDir, 'setup.sh'), repoDir], { env });
    return createSandboxIn(root, env);
  }
  await cp(commitFiles(files), repoDir, { recursive: true, preserveTimestamps: true });
  await rename(join(repoDir, 'git'), join(repoDir, '.git'));
  await promisify(execFile)('git', ['update-index', '--refresh'], { cwd: repoDir, env });
  return createSandboxIn(root, env);
}

function createSandboxIn(root: string, env: Readonly<Record<string, string>>): Sandbox {
  const groups = new Set<number>();
  const driver: SandboxDriver = {
    id: root,
    origin: { from: 'source', reference: 'test' },
    repoDir: join(root, 'repo'),
    patchesDir: join(root, 'patches'),
    async start([file = '', ...args], extra) {
      const child = spawn(file, args, { cwd: '/', env: { ...env, ...extra }, detached: true });
      if (child.pid !== undefined) groups.add(child.pid);
      return fromChildProcess(child, () => killGroup(child.pid));
    },
    async terminate() {
      for (const pid of groups) killGroup(pid);
      for (let round = 0; round < 100 && killMarked(`HOME=${root}\0`); round += 1) await delay(5);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return sandboxFrom(driver);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has already ended.
  }
}

/**
 * Kills the processes whose environment has `mark`, because some have left their process group. Returns whether it found
 * any. Finds none without /proc.
 */
function killMarked(mark: string): boolean {
  if (process.platform !== 'linux') return false;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const killedFlags = pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) && process.kill(+pid, 'SIGKILL');
    } catch {
      // The process has ended or belongs to another user.
      return false;
    }
  });
  return killedFlags.includes(true);
}
