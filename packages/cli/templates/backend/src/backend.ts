import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as core from '@cooperbench/core';
import { filesOverExec, fromChildProcess } from '@cooperbench/core/backend';
import type { Options } from './options.ts';

/**
 * Sandboxes as plain processes in a folder of this machine: replace what is marked "provider" by your provider's SDK.
 * It isolates nothing, and therefore refuses work that is not trusted.
 */
export function createBackend({ folder = tmpdir(), unisolated = false }: Options): core.Backend {
  return {
    async preflight({ untrusted }) {
      if (untrusted && !unisolated) throw refused();
      return [];
    },
    async create(spec, { signal } = {}) {
      signal?.throwIfAborted();
      if (spec.untrusted && !unisolated) throw refused();
      // Provider: start a machine or container from `spec.image`, with `spec.name` and `spec.labels`.
      const sandbox = lend(await mkdtemp(join(folder, `${spec.name}-`)));
      try {
        for (const path of [sandbox.repoDir, sandbox.patchesDir, `${sandbox.id}/bin`, `${sandbox.id}/tmp`])
          await mkdir(path);
        // Provider with images: the repository is in the image. Without: the task's script makes it.
        const argv = ['sh', join(spec.taskDir, 'setup.sh'), sandbox.repoDir];
        await core.mustRun(sandbox, argv, { cwd: spec.taskDir, signal });
        const head = await core.mustRun(sandbox, ['git', 'rev-parse', 'HEAD'], { signal });
        return { ...sandbox, origin: { from: 'source', reference: head.toString().trim() } };
      } catch (error) {
        await sandbox[Symbol.asyncDispose]();
        signal?.throwIfAborted();
        const reason = core.messageOf(error);
        throw new core.SandboxError('SANDBOX_CREATE', `${spec.name} could not be made: ${reason}`);
      }
    },
  };
}

/** A sandbox over a folder: `exec` and dispose are all that a provider has to give. */
function lend(root: string): Omit<core.Sandbox, 'origin'> {
  const repoDir = join(root, 'repo');
  const env = { PATH: `${root}/bin:${process.env.PATH}`, HOME: root, TMPDIR: `${root}/tmp` };
  const running = new Set<ChildProcessWithoutNullStreams>();

  async function exec(argv: readonly string[], given: core.ExecOptions = {}): Promise<core.SandboxProcess> {
    given.signal?.throwIfAborted();
    if (!existsSync(root)) throw new core.SandboxError('SANDBOX_LOST', `The sandbox ${root} is gone.`);
    // Provider: start the program in the sandbox, and give its streams, exit code and end as a SandboxProcess.
    const child = spawn('bash', ['-c', withPipes, 'sh', ...argv], {
      cwd: given.cwd ?? repoDir,
      env: { ...env, ...given.env },
      detached: true,
    });
    running.add(child);
    return fromChildProcess(child, { signal: given.signal, kill: () => killGroup(child) });
  }

  return {
    id: root,
    repoDir,
    patchesDir: join(root, 'patches'),
    exec,
    ...filesOverExec({ exec }),
    async [Symbol.asyncDispose]() {
      // Provider: stop the machine or container, and what runs in it.
      for (const child of running) killGroup(child);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Node gives its children sockets, which programs cannot open as /dev/stdout; pipes they can. */
const withPipes = 'exec "$@" > >(exec cat) 2> >(exec cat >&2)';

function killGroup({ pid }: ChildProcessWithoutNullStreams): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

function refused(): core.ConfigError {
  const message = '__package__ runs plain processes, which a model must not use.';
  const hint =
    'Run an agent without a model, such as --agent oracle, use another backend, or say --unisolated.';
  return new core.ConfigError('UNISOLATED', message, { hint });
}
