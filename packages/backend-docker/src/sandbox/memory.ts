import type { Container } from './container.ts';
import { runAsRoot } from './exec.ts';

/** Files that count how often a container ran out of memory, in control groups of version 2 and of version 1. */
const counters = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** Finds out whether a container ran out of memory. Neither an exit code nor Docker reports it while the container lives. */
export class MemoryWatch {
  readonly #container: Container;
  #kills = 0;

  constructor(container: Container) {
    this.#container = container;
  }

  /**
   * Returns whether it happened since the last call. @throws errors of the API; Error when no process runs to its end there.
   */
  async ranOut(): Promise<boolean> {
    const { output, neverRan, exitCode } = await runAsRoot(this.#container, ['cat', ...counters]);
    // 1 only means that one of the files is missing. A container that is ending kills the process.
    if (neverRan || exitCode > 1) throw new Error(output);
    const kills = Number(/^oom_kill (\d+)$/m.exec(output)?.[1] ?? 0);
    const hasMoreKills = kills > this.#kills;
    this.#kills = kills;
    return hasMoreKills;
  }
}
