import type { Container } from './container.ts';
import { runAsRoot } from './exec.ts';

/** Count how often a container ran out of memory: control groups of version 2, and of version 1. */
const counters = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/** Knows whether a container ran out of memory. Neither an exit code nor Docker says so while the container lives. */
export class MemoryWatch {
  readonly #container: Container;
  #kills = 0;

  constructor(container: Container) {
    this.#container = container;
  }

  /** True when it happened since the last call. @throws the API's errors, and an Error when nothing can be started. */
  async ranOut(): Promise<boolean> {
    const { output, neverRan } = await runAsRoot(this.#container, ['cat', ...counters]);
    if (neverRan) throw new Error(output);
    const kills = Number(/^oom_kill (\d+)$/m.exec(output)?.[1] ?? 0);
    const more = kills > this.#kills;
    this.#kills = kills;
    return more;
  }
}
