import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { type Scratch, slowness } from './cli.test.support.ts';

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Returns undefined if the process has ended. */
function mountNamespace(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Processes of this machine that know a test's folder: by command line, environment or, in a sandbox, what it mounts. */
export function processesOf({ root }: Scratch): string[] {
  const outside = mountNamespace('self');
  // To list mounts takes longest, and only sandboxes have their own.
  const mounts = (pid: string): string[] =>
    mountNamespace(pid) === outside
      ? []
      : read(`/proc/${pid}/mountinfo`)
          .split('\n')
          .map((line) => line.split(' ')[3] ?? '');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter(
      (pid) =>
        read(`/proc/${pid}/cmdline`).includes(root) ||
        read(`/proc/${pid}/environ`).includes(root) ||
        mounts(pid).some((source) => source.includes(basename(root))),
    )
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 300)}`)
    .filter((line) => !/^\d+ $/.test(line));
}

/** Replaces `expect.poll`, which refuses to run in concurrent tests. Looking through all processes takes processor time. */
const waiting = { timeout: 20_000 * slowness, interval: 200 };

/** Neither a process nor a temporary file is left; what ends by itself, such as a watchdog, gets a moment. */
export async function expectNothingLeft(scratch: Scratch): Promise<void> {
  await vi.waitFor(() => expect(leftOf(scratch)).toEqual([]), waiting);
}

export async function expectNoProcessLeft(scratch: Scratch): Promise<void> {
  await vi.waitFor(() => expect(processesOf(scratch)).toEqual([]), waiting);
}

function leftOf(scratch: Scratch): string[] {
  return [...processesOf(scratch), ...readdirSync(scratch.tmp)];
}

/** Returns the most memory a process had at once, in MiB; asked often, because a process that has ended cannot say. */
export async function peakMemoryMiB(pid: number, end: Promise<unknown>): Promise<number> {
  let peak = 0;
  let over = false;
  end.finally(() => {
    over = true;
  });
  while (!over) {
    const status = read(`/proc/${pid}/status`);
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    await delay(20);
  }
  return peak;
}
