import type { Readable } from 'node:stream';
import { type Cancellable, messageOf, type SandboxProcess } from '@cooperbench/core';
import { fromChildProcess } from '@cooperbench/core/backend';
import { notStarted, startChild } from './child.ts';
import type { Launch } from './confinement.ts';
import type { Pipes } from './pipes.ts';
import { kill, killMarked } from './survivors.ts';

/** How long bubblewrap may take until its processes die with it; before, they have to be looked for. */
const bindingMs = 2000;
/** How long after its end a plain process's output may stay open before what it left behind is looked for. */
const lingerMs = 250;

/** The processes of one sandbox. What an exec started ends with it, whatever the confinement. */
export class Processes {
  readonly #pipes: Pipes;
  /** Ends each running exec. */
  readonly #running = new Set<() => Promise<void>>();

  constructor(pipes: Pipes) {
    this.#pipes = pipes;
  }

  /** `marker` is the one the launch carries, and no other exec's. */
  async start(launch: Launch, marker: string, { signal }: Cancellable): Promise<SandboxProcess> {
    const { pid, process, begun } = await startChild(launch, this.#pipes);
    const began = performance.now();
    let ending: Promise<void> | undefined;
    const end = (): Promise<void> => {
      // Once it has been waited for, its number may be another's.
      if (this.#running.has(end)) kill(-pid);
      const diesWithUs = launch.reports && performance.now() - began > bindingMs;
      ending ??= diesWithUs ? Promise.resolve() : killMarked(marker);
      return ending;
    };
    this.#running.add(end);
    process.once('exit', () => {
      this.#running.delete(end);
      if (launch.reports) return;
      kill(-pid);
      endLeftovers(process.stdout, marker);
    });
    const { stdin, stdout, stderr, ...base } = fromChildProcess(process, { signal, kill: () => void end() });
    return {
      stdin,
      stdout,
      stderr,
      async wait() {
        const code = await base.wait().catch((error: unknown) => {
          throw signal?.aborted ? signal.reason : notStarted(messageOf(error));
        });
        await ending;
        if (code !== 0 && process.signalCode === null && !(await begun()))
          throw notStarted('bubblewrap gave up before the command began; its reason is on standard error.');
        return code;
      },
      async kill() {
        await base.kill();
        await ending;
      },
    };
  }

  /** Ends everything that runs. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running].map((end) => end()));
  }
}

/** A daemon that left the group would hold the output open for ever. */
function endLeftovers(stdout: Readable, marker: string): void {
  if (stdout.closed) return;
  const timer = setTimeout(() => void killMarked(marker), lingerMs).unref();
  stdout.once('close', () => clearTimeout(timer));
}
