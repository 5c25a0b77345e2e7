import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Limit } from './limits.ts';

const bin = join(import.meta.dirname, '../../packages/cli/bin/run.js');
/** A user of this sweep's own: root has no limit of processes, and that of a user counts all of them on the machine. */
const user = 1_900_000_000 + process.pid;
const filledDiskKiB = 48 * 1024;
export const baseImage = 'cooperbench-test/base';

/** A place where commands run. */
export interface Machine {
  readonly root: string;
  readonly tmp: string;
  /** Options of the command line. */
  readonly options: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Begins the command. */
  readonly prefix: readonly string[];
  /** A folder on the disk that the sandboxes have, and when somebody fills it. */
  readonly fill?: { readonly folder: string; readonly afterMs: number; isUsed(): boolean };
  end(): Promise<void>;
}

export interface Ending {
  readonly code: number | null;
  readonly output: string;
}

/** Runs the command line on a machine. */
export async function cooperbench(machine: Machine, args: readonly string[]): Promise<Ending> {
  const { root, tmp, options, env, prefix, fill } = machine;
  const [file = '', ...rest] = [...prefix, process.execPath, bin, ...args, ...options];
  const PATH = process.env.PATH ?? '';
  const child = spawn(file, rest, {
    ...{ cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { PATH, HOME: root, TMPDIR: tmp, NO_COLOR: '1', ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => {
      output = `${output}${bytes}`.slice(-20_000);
    });
  const filling = fill && fillDisk(fill, child);
  const [code] = (await once(child, 'close')) as [number | null];
  await filling;
  return { code, output };
}

/** Waits until a sandbox uses the disk, and then fills it. */
async function fillDisk(
  { folder, afterMs, isUsed }: NonNullable<Machine['fill']>,
  child: { readonly exitCode: number | null },
): Promise<void> {
  while (child.exitCode === null && !isUsed()) await delay(10);
  await delay(afterMs);
  const filler = join(folder, 'filler');
  try {
    // Writes until no byte is left.
    if (child.exitCode === null)
      execFileSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' });
  } catch {
    // The disk is full.
  }
  while (child.exitCode === null) await delay(20);
  rmSync(filler, { force: true });
}

/** Creates a machine of the local backend. With no limit: one with room. */
export function createLocalMachine(root: string, limit?: Limit): Machine {
  const tmp = join(root, 'tmp');
  mkdirSync(tmp, { recursive: true });
  const plain = { root, tmp, options: ['--backend', 'local'], env: {}, prefix: [], end: async () => {} };
  if (limit?.kind === 'disk' || limit?.kind === 'filled disk') {
    const size = limit.kind === 'disk' ? limit.amount : filledDiskKiB;
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', tmp]);
    const end = async (): Promise<void> => void execFileSync('umount', ['-l', tmp]);
    const isUsed = (): boolean => readdirSync(tmp).some((name) => existsSync(join(tmp, name, 'sandboxes')));
    const fill = { folder: tmp, afterMs: limit.amount, isUsed };
    return { ...plain, end, ...(limit.kind === 'filled disk' && { fill }) };
  }
  if (limit?.kind === 'processes') {
    execFileSync('chown', ['-R', `${user}:${user}`, root]);
    const become = ['setpriv', '--reuid', `${user}`, '--regid', `${user}`, '--clear-groups'];
    const end = async (): Promise<void> => void execFileSync('chown', ['-R', '0:0', root]);
    return { ...plain, prefix: [...become, 'prlimit', `--nproc=${limit.amount}`], end };
  }
  if (limit?.kind === 'memory') {
    // Node itself reserves more, so only what bubblewrap starts has the limit.
    const folder = join(root, 'bin');
    mkdirSync(folder, { recursive: true });
    const bwrapPath = execFileSync('sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).trim();
    writeFileSync(
      join(folder, 'bwrap'),
      `#!/bin/sh\nulimit -v ${limit.amount * 1024}\nexec ${bwrapPath} "$@"\n`,
    );
    chmodSync(join(folder, 'bwrap'), 0o755);
    return { ...plain, env: { PATH: `${folder}:${process.env.PATH}` } };
  }
  chownSync(root, 0, 0);
  return plain;
}

/** A Docker daemon whose data lies on a small disk. */
export interface SmallDaemon {
  readonly host: string;
  readonly data: string;
}

/** Creates a machine of the Docker backend. Disks need a daemon of their own. */
export function createDockerMachine(root: string, limit?: Limit, daemon?: SmallDaemon): Machine {
  const tmp = join(root, 'tmp');
  mkdirSync(tmp, { recursive: true });
  const option = (name: string, value: string | number): string[] => [
    '--backend-option',
    `docker.${name}=${value}`,
  ];
  const options = [
    '--backend',
    'docker',
    ...option('baseImage', baseImage),
    ...option('pull', 'never'),
    ...option('build', 'true'),
  ];
  const plain = { root, tmp, options, env: {}, prefix: [], end: async () => {} };
  if (limit?.kind === 'processes')
    return { ...plain, options: [...options, ...option('pids', limit.amount)] };
  if (limit?.kind === 'memory')
    return { ...plain, options: [...options, ...option('memoryMiB', limit.amount)] };
  if (!daemon) return plain;
  const env = { DOCKER_HOST: daemon.host };
  if (limit?.kind === 'disk') {
    const filler = join(daemon.data, 'filler');
    const end = async (): Promise<void> => rmSync(filler, { force: true });
    const { bavail, bsize } = statfsSync(daemon.data);
    execFileSync('fallocate', ['-l', `${bavail * bsize - limit.amount * 1024}`, filler]);
    return { ...plain, env, end };
  }
  if (limit?.kind === 'filled disk') {
    const containers = join(daemon.data, 'docker/containers');
    const isUsed = (): boolean => readdirSync(containers).length > 0;
    return { ...plain, env, fill: { folder: daemon.data, afterMs: limit.amount, isUsed } };
  }
  return { ...plain, env };
}

/** Removes the images of the sweep's dataset from the machine's own daemon, and their warm layers. */
export function removeImages(): void {
  const docker = (...args: string[]): string[] =>
    execFileSync('docker', args, { encoding: 'utf8' }).split('\n').filter(Boolean);
  const list = (name: string): string[] => [
    ...new Set(docker('images', '--quiet', '--no-trunc', `--filter=reference=${name}`)),
  ];
  const images = list('cooperbench-soundness/*');
  const getParent = (image: string): string => docker('inspect', '--format={{.Parent}}', image)[0] ?? '';
  const layers = list('cooperbench-layers').filter((layer) => images.includes(getParent(layer)));
  for (const image of [...layers, ...images]) docker('rmi', '--force', image);
}

/** Starts a Docker daemon on a disk in a file, with the base image. `images` fills it with the images of the sample. */
export async function startSmallDaemon(
  folder: string,
  sizeMiB: number,
): Promise<SmallDaemon & { end(): Promise<void> }> {
  const [data, run, disk] = ['data', 'run', 'disk'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [data, run]) mkdirSync(directory, { recursive: true });
  execFileSync('truncate', ['-s', `${sizeMiB}M`, disk]);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', disk]);
  execFileSync('mount', ['-o', 'loop', disk, data]);
  const host = `unix://${run}/docker.sock`;
  // In its own network: a daemon without a bridge removes the one of the machine's other daemon.
  const child = spawn(
    'unshare',
    [
      ...['--net', 'dockerd'],
      ...[
        '--data-root',
        join(data, 'docker'),
        '--exec-root',
        join(run, 'exec'),
        '--pidfile',
        join(run, 'pid'),
      ],
      ...[
        '--host',
        host,
        '--bridge=none',
        '--iptables=false',
        '--ip6tables=false',
        '--storage-driver=overlay2',
      ],
    ],
    { stdio: 'ignore', detached: true },
  );
  const end = async (): Promise<void> => {
    child.kill();
    await once(child, 'exit');
    execFileSync('umount', ['-l', data]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let attempt = 0; !existsSync(join(run, 'docker.sock')); attempt += 1) {
      if (attempt > 600 || child.exitCode !== null) throw new Error('dockerd does not start');
      await delay(100);
    }
    execFileSync('sh', ['-c', `docker save ${baseImage} | docker --host ${host} load`], { stdio: 'ignore' });
    return { host, data, end };
  } catch (error) {
    await end();
    throw error;
  }
}
