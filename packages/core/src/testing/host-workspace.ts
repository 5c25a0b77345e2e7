import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Sandbox } from '../contracts/backend.ts';
import { messageOf, SandboxError } from '../contracts/errors.ts';
import { fromChildProcess } from '../sandbox/child-process.ts';

/**
 * A sandbox for tests of agents and orchestration: plain processes of this machine in a temporary folder, with a git
 * repository of one commit that holds `files`, or what a task's `setup.sh` makes. `path` replaces the host's PATH. It
 * isolates nothing.
 */
export async function hostWorkspace(
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
    return lend(root, env);
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(repoDir, name)), { recursive: true });
    await writeFile(join(repoDir, name), content);
  }
  const git = (...argv: string[]): Buffer =>
    execFileSync('git', ['-c', 'user.name=base', '-c', 'user.email=base@localhost', ...argv], {
      cwd: repoDir,
      env,
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', 'base');
  return lend(root, env);
}

function lend(root: string, env: Readonly<Record<string, string>>): Sandbox {
  const repoDir = join(root, 'repo');
  const groups = new Set<number>();
  const mustBeThere = (): void => {
    if (!existsSync(root)) throw new SandboxError('SANDBOX_LOST', `The sandbox ${root} is gone.`);
  };
  return {
    id: root,
    origin: { from: 'source', reference: 'test' },
    repoDir,
    patchesDir: join(root, 'patches'),
    async exec(argv, { cwd, env: extra, signal } = {}) {
      mustBeThere();
      signal?.throwIfAborted();
      // Through a shell that gives way to the program, for its line about a program that is missing.
      const child = spawn('/bin/sh', ['-c', 'exec "$@"', 'sh', ...argv], {
        cwd: cwd ?? repoDir,
        env: { ...env, ...extra },
        detached: true,
      });
      if (child.pid !== undefined) groups.add(child.pid);
      return fromChildProcess(child, { signal, kill: () => killGroup(child.pid) });
    },
    async readFile(path, { signal } = {}) {
      signal?.throwIfAborted();
      return readFile(path).catch((cause: Error) => {
        throw new SandboxError('SANDBOX_FILE', `Could not read ${path}: ${cause.message}`, { cause });
      });
    },
    async writeFile(path, content, { signal } = {}) {
      mustBeThere();
      signal?.throwIfAborted();
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      } catch (cause) {
        throw new SandboxError('SANDBOX_FILE', `Could not write ${path}: ${messageOf(cause)}`, { cause });
      }
    },
    async [Symbol.asyncDispose]() {
      for (const pid of groups) killGroup(pid);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}
