import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fromChildProcess,
  resourcesOfThisMachine,
  type SandboxDriver,
  Sandboxes,
  sandboxFrom,
  sandboxResources,
} from '@cooperbench/backend-kit';
import { type Backend, ConfigError, mustRun } from '@cooperbench/core';
import type { Options } from './options.ts';

/**
 * Sandboxes as plain processes in a directory of this machine. Replace the parts marked "Provider" with calls of your
 * provider's SDK. This backend isolates nothing, so it refuses untrusted work.
 */
export function createBackend({ folder = tmpdir(), unisolated = false }: Options): Backend & AsyncDisposable {
  const sandboxes = new Sandboxes('__name__');
  const refuse = (untrusted: boolean): void => {
    if (!untrusted || unisolated) return;
    const message = '__package__ runs plain processes, which a model must not use.';
    const hint = 'Use another backend, an agent without a model, such as oracle, or --unisolated.';
    throw new ConfigError('UNISOLATED', message, { hint });
  };
  return {
    async preflight({ untrusted, ...needs }) {
      refuse(untrusted);
      sandboxResources(needs, resourcesOfThisMachine());
      // Provider: return [] when sandboxes are isolated from this machine.
      return ['__package__ runs plain processes, which isolates nothing.'];
    },
    create(spec, { signal } = {}) {
      return sandboxes.create(spec.name, signal, async (signal) => {
        refuse(spec.untrusted);
        // Provider: start it with these. The second argument says what its sandboxes can have.
        sandboxResources(spec, resourcesOfThisMachine());
        // Provider: start a machine or container from `spec.image`, with `spec.name` and `spec.labels`.
        const driver = driverOf(await mkdtemp(join(folder, `${spec.name}-`)));
        try {
          for (const name of ['repo', 'patches', 'bin', 'tmp']) await mkdir(join(driver.id, name));
          // Provider with images: the repository is in the image. Without: the task's script makes it.
          const setup = sandboxFrom(driver);
          const argv = ['sh', join(spec.taskDir, 'setup.sh'), setup.repoDir];
          await mustRun(setup, argv, { cwd: spec.taskDir, signal });
          const head = await mustRun(setup, ['git', 'rev-parse', 'HEAD'], { signal });
          return { ...driver, origin: { from: 'source', reference: head.toString().trim() } };
        } catch (error) {
          await driver.terminate();
          throw error;
        }
      });
    },
    // Provider: say which network sandboxes get; 'host' is this machine's. Leave isIsolated out when yours are isolated.
    resolveNetwork: async () => 'host',
    isIsolated: async () => false,
    [Symbol.asyncDispose]: () => sandboxes[Symbol.asyncDispose](),
  };
}

/** The driver of one sandbox: everything that the provider supplies. `Sandboxes` adds the rest of the contract. */
function driverOf(root: string): SandboxDriver {
  const base = { PATH: `${root}/bin:${process.env.PATH}`, HOME: root, TMPDIR: `${root}/tmp` };
  const groups = new Set<number>();
  return {
    id: root,
    origin: { from: 'source', reference: '' },
    repoDir: join(root, 'repo'),
    patchesDir: join(root, 'patches'),
    async start(argv, env) {
      // Provider: start the program in the sandbox, and return its streams and exit code. Leave out `kill` if the
      // sandbox has its own PID namespace.
      const argvWithPipes = ['-c', withPipes, 'sh', ...argv];
      const child = spawn('bash', argvWithPipes, { cwd: '/', env: { ...base, ...env }, detached: true });
      const { pid } = child;
      if (pid !== undefined) groups.add(pid);
      return fromChildProcess(child, () => killGroup(pid));
    },
    async terminate() {
      // Provider: stop the machine or container, and everything that runs in it.
      for (const pid of groups) killGroup(pid);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Node gives its children sockets, which programs cannot open as /dev/stdout. Pipes work. */
const withPipes = 'exec "$@" > >(exec cat) 2> >(exec cat >&2)';

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has already ended.
  }
}
