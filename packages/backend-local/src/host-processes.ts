import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '@cooperbench/core';

/** Processes and threads that a host must have room for when a seat's work is collected. */
const neededProcesses = 64;

/** A limit on processes and threads of this host, and how many count against it. */
interface TaskLimit {
  readonly name: string;
  readonly most: number;
  readonly used: number;
}

interface Task {
  readonly pid: number;
  readonly parent: number;
  readonly user: number;
  readonly threads: number;
}

/**
 * Returns how many more processes and threads this host can start. Endless: nothing limits them. `root`: for tests, in place
 * of `/`.
 */
export async function processRoom(root: string = '/'): Promise<number> {
  const tightest = await findLeastLimit(root);
  return tightest === undefined ? Number.POSITIVE_INFINITY : computeRoom(tightest);
}

/**
 * Explains why a host that can start hardly any process, rather than the seat's own trial, made its commands fail. Returns
 * undefined if there is room, or if the trial itself took it: it has at least half of what has gone since, and there would be
 * room without that. `before`: the room when the seat's sandbox was made. `running`: the processes on the host that started the
 * trial's commands.
 */
export async function findLackOfProcesses(
  reserved: number,
  running: Iterable<number>,
  root: string = '/',
): Promise<SandboxError | undefined> {
  if ((await processRoom(root)) >= neededProcesses) return undefined;
  const ownThreads = countThreadsBelow(running, await readTasks(root));
  // Counted after its processes, so that those which end meanwhile leave room.
  const tightest = await findLeastLimit(root);
  if (tightest === undefined || computeRoom(tightest) >= neededProcesses) return undefined;
  if (
    computeRoom(tightest) + ownThreads >= neededProcesses &&
    ownThreads >= (reserved - computeRoom(tightest)) / 2
  )
    return undefined;
  return new SandboxError(
    'HOST_FULL',
    `This host can start ${Math.max(0, computeRoom(tightest))} more processes: ${tightest.name} allows ${tightest.most}.`,
    {
      hint: 'Raise the limit or lower --concurrency, then repeat the command: it runs the trial again.',
      retryable: true,
      fromOutside: true,
    },
  );
}

const computeRoom = ({ most, used }: TaskLimit): number => most - used;

/** Finds the limit that leaves the least room. */
async function findLeastLimit(root: string): Promise<TaskLimit | undefined> {
  const limits = [await limitOfUser(root), ...(await readLimitsOfControlGroups(root))];
  return limits
    .filter((limit) => limit !== undefined)
    .sort((left, right) => computeRoom(left) - computeRoom(right))[0];
}

/** Returns the limit of this process's user. The kernel has none for root. */
async function limitOfUser(root: string): Promise<TaskLimit | undefined> {
  const user = process.getuid?.() ?? 0;
  const maxProcesses = Number(
    /^Max processes +(\d+)/m.exec(await readProcFile(root, 'proc/self/limits'))?.[1] ?? Number.NaN,
  );
  if (user === 0 || Number.isNaN(maxProcesses)) return undefined;
  // Of all users. If there is room for these, nobody has to be counted.
  const processLimit = Number(/\/(\d+)/.exec(await readProcFile(root, 'proc/loadavg'))?.[1] ?? Number.NaN);
  if (maxProcesses - processLimit >= neededProcesses)
    return { name: 'ulimit -u', most: maxProcesses, used: processLimit };
  const userTasks = (await readTasks(root)).filter((task) => task.user === user);
  return { name: 'ulimit -u', most: maxProcesses, used: sum(userTasks) };
}

/** Reads the limits of this process's control groups, as of a container in which CooperBench runs. */
async function readLimitsOfControlGroups(root: string): Promise<TaskLimit[]> {
  const taskLimits: TaskLimit[] = [];
  for (const line of (await readProcFile(root, 'proc/self/cgroup')).split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === '' || (controllers !== '' && !controllers.split(',').includes('pids'))) continue;
    const base = join('sys/fs/cgroup', controllers === '' ? '' : 'pids');
    const names = path.split('/').filter(Boolean);
    for (let depth = names.length; depth >= 0; depth -= 1) {
      const group = join(base, ...names.slice(0, depth));
      const [limitText, usedText] = await Promise.all([
        readProcFile(root, group, 'pids.max'),
        readProcFile(root, group, 'pids.current'),
      ]);
      if (/^\d+\s*$/.test(limitText) && /^\d+\s*$/.test(usedText))
        taskLimits.push({ name: `pids.max of /${group}`, most: Number(limitText), used: Number(usedText) });
    }
  }
  return taskLimits;
}

async function readTasks(root: string): Promise<Task[]> {
  const names = await readdir(join(root, 'proc')).catch(() => []);
  const processes = names
    .filter((name) => /^\d+$/.test(name))
    .map(async (name) => {
      const status = await readProcFile(root, 'proc', name, 'status');
      const number = (key: string): number =>
        Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      return {
        pid: Number(name),
        parent: number('PPid'),
        user: status === '' ? -1 : number('Uid'),
        threads: number('Threads'),
      };
    });
  return Promise.all(processes);
}

/** Counts the threads of these processes and of all that they have started. */
function countThreadsBelow(pids: Iterable<number>, allTasks: readonly Task[]): number {
  const descendants = new Set(pids);
  for (let previousSize = -1; previousSize < descendants.size; ) {
    previousSize = descendants.size;
    for (const { pid, parent } of allTasks) if (descendants.has(parent)) descendants.add(pid);
  }
  return sum(allTasks.filter(({ pid }) => descendants.has(pid)));
}

function sum(tasks: readonly Task[]): number {
  return tasks.reduce((total, { threads }) => total + threads, 0);
}

/** Reads a file's text. Returns an empty value if it cannot be read, as that of a process which has ended. */
function readProcFile(...path: readonly string[]): Promise<string> {
  return readFile(join(...path), 'latin1').catch(() => '');
}
