import { existsSync } from 'node:fs';
import { markerVariable, type SandboxDriver } from '@cooperbench/backend-kit';
import { SandboxError, type SandboxOrigin } from '@cooperbench/core';
import type { Confinement } from './confinement.ts';
import type { Layout } from './layout.ts';
import type { Pipes } from './pipes.ts';
import { startProcess } from './process.ts';
import { removeTree } from './remove-tree.ts';
import { kill, killMarked } from './survivors.ts';

export interface DriverParts {
  readonly id: string;
  readonly layout: Layout;
  readonly origin: SandboxOrigin;
  readonly confinement: Confinement;
  readonly pipes: Pipes;
}

/** The driver of a sandbox on this machine: a directory, and processes confined to it. */
export function localDriver({ id, layout, origin, confinement, pipes }: DriverParts): SandboxDriver {
  const running = new Set<number>();
  return {
    id,
    origin,
    repoDir: confinement.repoDir,
    patchesDir: confinement.patchesDir,
    async start(argv, { [markerVariable]: marker = '', ...env }) {
      if (!existsSync(layout.root)) throw new SandboxError('SANDBOX_LOST', `The sandbox ${id} is gone.`);
      return startProcess(confinement.launch(argv, env, marker), marker, pipes, running);
    },
    async terminate() {
      const mayHaveLeftSome = running.size > 0 || !confinement.endsItsProcesses;
      for (const pid of running) kill(-pid);
      if (mayHaveLeftSome) await killMarked(`${id}#`);
      await removeTree(layout.root);
    },
  };
}
