import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { markerVariable } from '@cooperbench/backend-kit';

/**
 * Kills every process whose environment contains a marker that starts with `marker`, until none is left. Also finds
 * processes that left their process group. Does nothing on a system without /proc.
 */
export async function killMarked(marker: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (let round = 0; round < 100; round += 1) {
    const pids = await findMarked(`${markerVariable}=${marker}`);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await delay(round < 5 ? 1 : 20);
  }
}

/** Kills a process group, or one process. Harmless when there is none. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended already.
  }
}

/**
 * Waits until no process is left in the namespace of a command that has ended, by bubblewrap's report about it. The first
 * process of a namespace is the last to end. Resolves with false if it runs after 10 s.
 */
export async function namespaceEnds(report: string): Promise<boolean> {
  const pid = /"child-pid": (\d+)/.exec(report)?.[1];
  const isRunning = async (): Promise<boolean> => {
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    // After its end, another process may have its ID.
    return /^NSpid:.*\t1$/m.test(status) && !/^State:\s[ZX]/m.test(status);
  };
  for (const giveUpAt = performance.now() + 10_000; await isRunning(); await delay(1))
    if (performance.now() > giveUpAt) return false;
  return true;
}

async function findMarked(variable: string): Promise<number[]> {
  // Without a free file descriptor, nothing can be listed. The next call finds the survivors.
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const hasMarker = await Promise.all(
    pids.map(async (pid) => {
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
        return environment.startsWith(variable) || environment.includes(`\0${variable}`);
      } catch {
        // The process has ended, or belongs to another user.
        return false;
      }
    }),
  );
  return pids.filter((_, index) => hasMarker[index]).map(Number);
}
