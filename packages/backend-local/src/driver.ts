import { existsSync } from 'node:fs';
import { markerVariable, type SandboxDriver } from '@cooperbench/backend-kit';
import { SandboxError, type SandboxOrigin } from '@cooperbench/core';
import type { Confinement } from './confinement.ts';
import type { Layout } from './layout.ts';
import type { Pipes } from './pipes.ts';
import { type Processes, startProcess } from './process.ts';
import { removeTree } from './remove-tree.ts';
import { kill, killMarked, namespaceEnds } from './survivors.ts';

export interface DriverParts {
  readonly id: string;
  readonly layout: Layout;
  readonly origin: SandboxOrigin;
  readonly confinement: Confinement;
  readonly pipes: Pipes;
}

export interface LocalDriver extends SandboxDriver {
  /** The processes on the host that started its running commands. */
  readonly running: ReadonlySet<number>;
  /**
   * Ends all processes of a sandbox of bubblewrap, and waits until none is left: what a command left behind ends a moment after
   * it. @throws SandboxError `SANDBOX_KEPT`.
   */
  endProcesses(): Promise<void>;
}

/** Creates the driver of a sandbox on this machine: a directory, and processes confined to it. */
export function createLocalDriver({ id, layout, origin, confinement, pipes }: DriverParts): LocalDriver {
  const processes: Processes = { running: new Set(), reports: [] };
  const { running, reports } = processes;
  const endRunning = async (): Promise<void> => {
    const mayHaveLeftSome = running.size > 0 || !confinement.endsItsProcesses;
    for (const pid of running) kill(-pid);
    if (mayHaveLeftSome) await killMarked(`${id}#`);
  };
  return {
    id,
    origin,
    repoDir: confinement.repoDir,
    patchesDir: confinement.patchesDir,
    running,
    async start(argv, { [markerVariable]: marker = '', ...env }) {
      if (!existsSync(layout.root)) throw new SandboxError('SANDBOX_LOST', `The sandbox ${id} is gone.`);
      return startProcess(confinement.launch(argv, env, marker), marker, pipes, processes);
    },
    async endProcesses() {
      await endRunning();
      for (const report of reports)
        if (!(await namespaceEnds(await report)))
          throw new SandboxError('SANDBOX_KEPT', `Processes of the sandbox ${id} do not end.`);
    },
    async terminate() {
      await endRunning();
      await removeTree(layout.root);
    },
  };
}
