import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The parts of the host's /etc that a program may need to start and to speak TLS. Never add a secret. */
const shownFiles = [
  'ca-certificates.conf',
  'debian_version',
  'ld.so.cache',
  'ld.so.conf',
  'localtime',
  'mime.types',
  'os-release',
  'protocols',
  'services',
  'ssl/cert.pem',
  'ssl/openssl.cnf',
];
const shownFolders = ['alternatives', 'ld.so.conf.d', 'pki/ca-trust/extracted', 'pki/tls/certs', 'ssl/certs'];

/** Builds the files of /etc that name a sandbox's user. */
export function buildAccountFiles(userId: number): Readonly<Record<'passwd' | 'group', string>> {
  return {
    passwd: `root:x:0:0:root:/root:/bin/sh\nagent:x:${userId}:${userId}:agent:/home/agent:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    group: `root:x:0:\nagent:x:${userId}:\nnogroup:x:65534:\n`,
  };
}

const ownEtc: Readonly<Record<string, string>> = {
  ...buildAccountFiles(1000),
  hosts: '127.0.0.1 localhost cooperbench\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Creates in `folder` the /etc of every sandbox. Its subfolders stay empty, because the host's folders are mounted on them. */
export async function makeEtc(folder: string): Promise<void> {
  await Promise.all([
    ...Object.entries(ownEtc).map(([name, text]) => writeFile(join(folder, name), text)),
    ...shownFiles.map(async (name) => {
      if (!existsSync(join('/etc', name))) return;
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await copyFile(join('/etc', name), join(folder, name));
    }),
    writeFile(join(folder, 'resolv.conf'), ''),
    ...shownFolders.map((name) => mkdir(join(folder, name), { recursive: true })),
  ]);
}

/** The host's programs and settings that sandboxes see. */
export interface SystemView {
  /** The program that mounts them. */
  readonly bubblewrap: string;
  /** The folder that `makeEtc` filled. */
  readonly etc: string;
  readonly network: boolean;
  /** Whether /usr/local contains a tool and so is visible. */
  readonly local: boolean;
  /** Folders that stay hidden, even below a visible folder. */
  readonly hidden: readonly string[];
}

/** Returns bubblewrap's arguments for the part of the system that all sandboxes share, read-only. */
export function listSystemMounts({ bubblewrap, etc, network, local, hidden }: SystemView): string[] {
  const args = ['--ro-bind', '/usr', '/usr', ...hideFolders(['/usr'], hidden)];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    if (!existsSync(folder)) continue;
    if (lstatSync(folder).isSymbolicLink()) args.push('--symlink', readlinkSync(folder), folder);
    else args.push('--ro-bind', folder, folder);
  }
  args.push(...hideOtherPackages('/usr/lib/node_modules'));
  if (local) args.push(...hideOtherPackages('/usr/local/lib/node_modules'));
  else args.push('--tmpfs', '/usr/local', '--remount-ro', '/usr/local');
  args.push('--ro-bind', etc, '/etc');
  for (const folder of shownFolders.map((name) => join('/etc', name)))
    if (existsSync(folder)) args.push('--ro-bind', folder, folder);
  if (network && existsSync('/etc/resolv.conf'))
    args.push('--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf');
  sharedMemory ??= mountSharedMemory(bubblewrap);
  args.push(...processMounts(), '--dev', '/dev', ...sharedMemory);
  return [...args, '--dir', '/run', '--symlink', '/tmp', '/var/tmp'];
}

const sharedMemoryBytes = 64 * 1024 * 1024;
let sharedMemory: readonly string[] | undefined;

/**
 * Mounts what every user may write, as elsewhere: semaphores need it, and a patch that must be taken while the disk is full. It
 * is memory of the host, which stays taken when the process that took it ends. So it has a limit, which bubblewrap before 0.7
 * does not know, and a setuid bubblewrap refuses: then only root may write there.
 */
function mountSharedMemory(bubblewrap: string): readonly string[] {
  const mount = ['--perms', '1777', '--size', String(sharedMemoryBytes), '--tmpfs', '/dev/shm'];
  const { status, error } = spawnSync(bubblewrap, [...mount, '--help'], { stdio: 'ignore', env: {} });
  if (error) throw error;
  return status === 0 ? mount : [];
}

/** The parts of /proc that show or set something of the whole machine. Programs need only some of the first one's files. */
const hostWide = {
  readOnly: ['/proc/sys'],
  hiddenFolders: ['acpi', 'asound', 'bus', 'driver', 'fs', 'irq', 'pressure', 'scsi'].map(
    (name) => `/proc/${name}`,
  ),
  hiddenFiles: [
    'kcore',
    'key-users',
    'keys',
    'kmsg',
    'latency_stats',
    'mtrr',
    'sched_debug',
    'sysrq-trigger',
    'timer_list',
  ].map((name) => `/proc/${name}`),
};

/** Returns the arguments for /proc, in which nothing of the host can be changed. There is no /sys. */
function processMounts(): string[] {
  const { readOnly, hiddenFolders, hiddenFiles } = hostWide;
  return [
    ...['--proc', '/proc'],
    ...readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...hiddenFolders
      .filter((path) => existsSync(path))
      .flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
    ...hiddenFiles.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', '/dev/null', path]),
  ];
}

/** Returns the arguments for tools installed outside /usr. */
export function listToolMounts(shownPaths: readonly string[], hiddenPaths: readonly string[]): string[] {
  return [
    ...shownPaths.flatMap((path) => ['--ro-bind', path, path]),
    ...hideFolders(shownPaths, hiddenPaths),
    ...shownPaths.flatMap((path) => hideOtherPackages(join(path, 'lib/node_modules'))),
  ];
}

/** Mounts an empty folder over each hidden one. Must come before mounts that cover it and are read-only themselves. */
function hideFolders(shownPaths: readonly string[], hiddenPaths: readonly string[]): string[] {
  const hiddenInside = hiddenPaths.filter((path) =>
    shownPaths.some((folder) => path.startsWith(`${folder}/`)),
  );
  return hiddenInside.flatMap((path) => ['--tmpfs', path, '--remount-ro', path]);
}

/** Hides globally installed npm packages except the package managers. A dataset may be among these packages. */
function hideOtherPackages(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const keptPaths = ['npm', 'corepack'].map((name) => join(folder, name)).filter((path) => existsSync(path));
  return [
    '--tmpfs',
    folder,
    ...keptPaths.flatMap((path) => ['--ro-bind', path, path]),
    '--remount-ro',
    folder,
  ];
}
